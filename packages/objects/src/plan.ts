import {
  optionFaults,
  optionRule,
  problem,
  SystemCode,
  type OptionRule,
  type Problem,
} from "@twinloop/core-native/internal";
import type { BucketConfig } from "./options.ts";
import type { DeclaredBucket } from "./registry.ts";

const NAME = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const RULES = {
  public: optionRule.boolean,
  versioned: optionRule.boolean,
} satisfies Record<keyof BucketConfig, OptionRule>;

/** Everything that is wrong with the declared buckets. */
export function findProblems(declared: readonly DeclaredBucket[]): readonly Problem[] {
  const names = declared.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...twice.map((name) =>
      invalid(
        `The bucket "${name}" is declared twice.`,
        "Export one of the two, and import it where the other is.",
      ),
    ),
    ...declared.flatMap(({ name, given }) => [
      ...(typeof given.name === "string" && NAME.test(given.name) ? [] : [badName(given.name)]),
      ...optionFaults(given.config, RULES).map(({ what, hint }) =>
        invalid(`The bucket "${name}": ${what}.`, hint),
      ),
    ]),
  ];
}

function badName(name: unknown): Problem {
  const hint =
    "Use lower-case letters, digits and hyphens, at most 63, beginning with a letter, ending with none of -.";
  return invalid(`${JSON.stringify(name)} is no name of a bucket.`, hint);
}

function invalid(message: string, hint: string): Problem {
  return problem(SystemCode.ConfigInvalid, message, hint);
}
