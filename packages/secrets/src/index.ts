/**
 * Secrets that are kept in Rust, rotated without a restart and redacted from what is printed.
 *
 * @packageDocumentation
 */
import { requireAbi } from "@twinloop/core-native/internal";

requireAbi("@twinloop/secrets", 7);

export { start, stop } from "@twinloop/core-native";
export { refreshSecrets } from "./component.ts";
export { SecretError } from "./error.ts";
export type { SecretOptions } from "./options.ts";
export { defineSecretProvider, type SecretProvider } from "./provider.ts";
export { secret, type Secret } from "./secret.ts";
export type { StandardSchema } from "@twinloop/core-native";
