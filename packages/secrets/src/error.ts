import { TwinloopError, type Problem } from "@twinloop/core-native";

/**
 * A secret that cannot be read.
 *
 * Shape:  `code` is `secret_missing`, `secret_invalid` or `config_invalid`; the message says where it was looked for, never
 *         what was found.
 */
export class SecretError extends TwinloopError {
  /** The error of a problem: what is wrong, and what to do about it. */
  static of({ code, message, mend }: Problem): SecretError {
    return new SecretError(code, `${message} ${mend}`);
  }
}
