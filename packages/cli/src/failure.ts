import { AppProblem, Unclear } from "@twinloop/core-native/cli";

/**
 * What the command prints of an error that ends it.
 *
 * Shape: the message alone where it says what to do: errors of the app, of the command line and of the runtime, such as an addon
 *        of another version. A defect is printed with its stack.
 */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return isTold(error) ? error.message : (error.stack ?? error.message);
}

function isTold(error: Error): boolean {
  if (error.constructor === Error || error instanceof AppProblem || error instanceof Unclear) return true;
  return isOfRuntime(error) && (error as { code?: unknown }).code !== "internal";
}

/** Whether the runtime threw it: by the name of the class, because the app's packages may have a copy of their own. */
function isOfRuntime(error: Error): boolean {
  for (let type: unknown = error.constructor; typeof type === "function"; type = Object.getPrototypeOf(type))
    if (type.name === "TwinloopError") return true;
  return false;
}
