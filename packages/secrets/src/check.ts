import type { StandardSchema } from "@twinloop/core-native";

/** A text that was checked: the value that it stands for, or what is wrong with it, without the text itself. */
export type Checked<T> = { readonly value: T } | { readonly wrong: string };

/** Checks a text. A promise where the schema gives one. */
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

function read<T>(
  result: Awaited<ReturnType<StandardSchema<T>["~standard"]["validate"]>>,
  text: string,
): Checked<T> {
  if (result.issues === undefined) return { value: result.value };
  // Libraries may quote what they were given, whole or in part.
  const messages = result.issues.map(({ message }) => message).filter((message) => !quotes(message, text));
  return { wrong: messages.join("; ") || "it does not fit its schema" };
}

/** Whether a message shows a piece of the text that is no accident. */
function quotes(message: string, text: string): boolean {
  const least = Math.min(4, text.length);
  for (let at = 0; at + least <= text.length; at++) {
    if (message.includes(text.slice(at, at + least))) return true;
  }
  return false;
}
