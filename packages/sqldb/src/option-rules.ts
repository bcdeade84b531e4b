import {
  either,
  oneOf,
  optionFaults,
  optionRule,
  optionsOf,
  wholeNumber,
  type OptionFault,
  type OptionRule,
} from "@twinloop/core-native/internal";
import { SQLError } from "./error.ts";
import { shownName } from "./location/shown-name.ts";
import { BOUNDS, type SQLDatabaseOptions } from "./options.ts";
import { shown } from "./statement/query-options.ts";
import { unreadable } from "./argument/unreadable.ts";

/** The rule of a time limit: a fraction is rounded up, and `Infinity` is the longest timer. */
function timeLimit(name: string): OptionRule {
  const bounds = BOUNDS.whole![name]!;
  return {
    expected: `${wholeNumber(bounds).expected}, or Infinity`,
    fits: (value) =>
      value === Infinity ||
      (typeof value === "number" && value >= bounds.least && value <= (bounds.most ?? Infinity)),
  };
}

/**
 * The names and kinds of a database's options. A new option of `SQLDatabaseOptions` without a rule does not compile.
 * The value of `connectionString` appears in no message.
 */
const rules = {
  migrations: either(
    optionRule.text,
    optionsOf({ path: optionRule.text, source: oneOf("twinloop", "prisma", "drizzle") }),
  ),
  connectionString: { ...either(optionRule.text, optionRule.function), isConfidential: true },
  onConnect: either(optionRule.text, optionRule.function),
  bigint: oneOf("string", "bigint", "number"),
  maxConnections: wholeNumber(BOUNDS.whole!["maxConnections"]!),
  connectTimeout: timeLimit("connectTimeout"),
  acquireTimeout: timeLimit("acquireTimeout"),
  queryTimeout: timeLimit("queryTimeout"),
  idleTimeout: timeLimit("idleTimeout"),
  maxLifetime: timeLimit("maxLifetime"),
  transactionIdleTimeout: timeLimit("transactionIdleTimeout"),
  traceComments: optionRule.boolean,
} as const satisfies Record<keyof SQLDatabaseOptions, OptionRule>;

/** Refuses unknown options and values of a wrong kind. Errors: `config_invalid`, which lists them all. */
export function requireOptions(name: string, options: unknown): void {
  if (typeof name !== "string" || name === "") {
    throw new SQLError(
      "config_invalid",
      `The name of a database is a text that is not empty, not ${shown(name)}.`,
    );
  }
  const faults = faultsOf(name, options);
  if (faults.length === 0) return;
  const told = faults.map(({ what, hint }) => `${what}. ${hint}`).join(" ");
  throw new SQLError("config_invalid", `The database "${shownName(name)}": ${told}`);
}

/** Checks all options at once. A getter or proxy that throws while it is read is a fault of the options too. */
function faultsOf(name: string, options: unknown): readonly OptionFault[] {
  try {
    return optionFaults(options, rules);
  } catch (error) {
    const { message, cause } = unreadable("an option", error);
    throw new SQLError("config_invalid", `The database "${shownName(name)}": ${message}`, {}, cause);
  }
}
