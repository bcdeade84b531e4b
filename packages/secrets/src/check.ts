import type { StandardSchema } from "@twinloop/core-native";

/** The result of checking a secret's text: the value, or the fault, without the text itself. */
export type Checked<T> = { readonly value: T } | { readonly wrong: string };

/** Checks a secret's text with its schema. Returns a promise only where the schema is asynchronous. */
export function check<T>(
  text: string,
  schema: StandardSchema<T> | undefined,
): Checked<T> | Promise<Checked<T>> {
  if (!schema) return { value: text as T };
  try {
    const result = schema["~standard"].validate(text);
    if (!(result instanceof Promise)) return read(result, text);
    return result.then(
      (settled) => read(settled, text),
      () => FAILED,
    );
  } catch {
    return FAILED;
  }
}

const FAILED = { wrong: "its schema threw" } as const;

/** Reads a schema's result. Messages that quote the secret are dropped; where none is left, a general one stands in. */
function read<T>(
  result: Awaited<ReturnType<StandardSchema<T>["~standard"]["validate"]>>,
  text: string,
): Checked<T> {
  if (result.issues === undefined) return { value: result.value };
  // Schema libraries may quote the text, whole or in part.
  const messages = result.issues.map(({ message }) => message).filter((message) => !quotes(message, text));
  return { wrong: messages.join("; ") || "it does not fit its schema" };
}

/**
 * Whether a message quotes a piece of the text that is too long for a coincidence: 4 characters, or the whole of a
 * shorter text.
 */
function quotes(message: string, text: string): boolean {
  const least = Math.min(4, text.length);
  for (let at = 0; at + least <= text.length; at++) {
    if (message.includes(text.slice(at, at + least))) return true;
  }
  return false;
}
