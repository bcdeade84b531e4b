const MAX_STACK_UNITS = 8_000;

/**
 * What Rust keeps of a value that a handler has thrown. Never throws, whatever was thrown.
 *
 * Shape:  any value, and fields to add -> JSON, `{"code","message","stack"?}`; the code of a value that has none is
 *         `unknown`.
 * Units:  at most 8,000 UTF-16 units of the stack.
 */
export function encodeThrown(thrown: unknown, more: Readonly<Record<string, unknown>> = {}): string {
  try {
    const { code, message, stack } = thrown as { code?: unknown; message?: unknown; stack?: unknown };
    return JSON.stringify({
      code: typeof code === "string" ? code : "unknown",
      message: typeof message === "string" ? message : String(thrown),
      ...(typeof stack === "string" ? { stack: stack.slice(0, MAX_STACK_UNITS) } : {}),
      ...more,
    });
  } catch {
    return '{"code":"unknown","message":"a value was thrown that cannot be shown"}';
  }
}
