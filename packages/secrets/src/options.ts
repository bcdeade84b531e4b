import type { StandardSchema } from "@twinloop/core-native";

/** The options of a secret. */
export interface SecretOptions<T = string> {
  /**
   * The schema that turns the text into a value: zod 4, or any Standard Schema whose input is a string. An asynchronous
   * schema is awaited by `start()`; before that, the secret cannot be read.
   */
  readonly schema?: StandardSchema<T>;
  /** Whether the app starts without the secret, which then reads as `undefined`. Default false. */
  readonly optional?: boolean;
  /**
   * The value where no place has one. The default is neither checked by the schema nor redacted, because it is in the
   * code.
   */
  readonly default?: T;
  /**
   * A function that is called in each isolate after a new value is in use, with the value before it, or `undefined` where
   * there was none. The promise is awaited before the next change of this secret; its errors are logged.
   */
  readonly onChange?: (value: T, before: T | undefined) => unknown;
}
