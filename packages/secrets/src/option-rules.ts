import { optionFaults, optionRule, type OptionRule } from "@twinloop/core-native/internal";
import { SecretError } from "./error.ts";
import type { SecretOptions } from "./options.ts";
import { invalidOptions } from "./problem.ts";

const rules = {
  schema: optionRule.schema,
  optional: optionRule.boolean,
  default: optionRule.any,
  onChange: optionRule.function,
} as const satisfies Record<keyof SecretOptions, OptionRule>;

/** Refuses unknown and wrongly typed options of a secret with a `SecretError` `config_invalid` that names them all. */
export function requireOptions(name: string, options: unknown): void {
  const faults = optionFaults(options, rules);
  if (faults.length > 0) throw SecretError.of(invalidOptions(name, faults));
}
