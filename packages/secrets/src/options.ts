import type { StandardSchema } from "@twinloop/core-native";

/** What a secret may be told. */
export interface SecretOptions<T = string> {
  /**
   * Checks the text and makes a value of it: zod 4, or any Standard Schema whose input is a string. An asynchronous one is
   * awaited by `start()`; before it, the secret cannot be read.
   */
  readonly schema?: StandardSchema<T>;
  /** Whether the app starts without it: then it is `undefined`. Default false. */
  readonly optional?: boolean;
  /** The value where no place has one. It is not checked by the schema, and not redacted: it stands in the code. */
  readonly default?: T;
  /**
   * Called in each isolate after another value is in use, with the one before it, or `undefined` where there was none. What it
   * returns is awaited before other changes of this secret are told; what it throws is logged.
   */
  readonly onChange?: (value: T, before: T | undefined) => unknown;
}
