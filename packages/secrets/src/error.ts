import { TwinloopError, type Problem } from "@twinloop/core-native";

/**
 * The error of a secret that cannot be read.
 *
 * Shape:  `code` is `secret_missing`, `secret_invalid` or `config_invalid`; the message names the places that were
 *         searched, never a value.
 */
export class SecretError extends TwinloopError {
  /** Makes an error of a problem: the message, and the hint. */
  static of({ code, message, hint }: Problem): SecretError {
    return new SecretError(code, `${message} ${hint}`);
  }
}
