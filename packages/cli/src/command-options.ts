import { parseArgs, type ParseArgsConfig } from "node:util";
import type { CommandOption, OptionValue } from "@twinloop/core-native/cli";

/** The options that every command takes. */
export const COMMON: Readonly<Record<string, CommandOption>> = {
  root: {
    type: "text",
    value: "<folder>",
    meaning: "the app's folder (default: the nearest one with a package.json)",
  },
  tsconfig: { type: "text", value: "<file>", meaning: "the tsconfig to use, relative to it" },
};

/** A parsed command line, or the problem with it. */
export type Parsed =
  | { readonly options: Readonly<Record<string, OptionValue>>; readonly words: readonly string[] }
  | { readonly problem: string };

/**
 * Parses words and options, which may stand in any order.
 *
 * Shape:  `known` gives each option's kind: a flag is `true`, a text a string, a list an array (the option may be
 * repeated), a count a whole number from 1. `--help` and `--version` are always known.
 * Errors: an option that is not among `known`, one without its value, and a count that is none give `problem`.
 * Source: Node.js, `util.parseArgs`.
 */
export function parseOptions(
  args: readonly string[],
  known: Readonly<Record<string, CommandOption>>,
): Parsed {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: config(known),
    });
    const options: Record<string, OptionValue> = {};
    for (const [name, value] of Object.entries(values)) {
      const read = known[name]?.type === "count" ? wholeNumber(name, String(value)) : value;
      if (typeof read === "object" && "problem" in read) return read;
      options[name] = read as OptionValue;
    }
    return { options, words: positionals };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The known options in the form of Node's `parseArgs`. */
function config(known: Readonly<Record<string, CommandOption>>): NonNullable<ParseArgsConfig["options"]> {
  const own = Object.entries(known).map(([name, { type }]) => [
    name,
    { type: type === "flag" ? ("boolean" as const) : ("string" as const), multiple: type === "list" },
  ]);
  return {
    ...(Object.fromEntries(own) as NonNullable<ParseArgsConfig["options"]>),
    help: { type: "boolean", short: "h" },
    version: { type: "boolean", short: "v" },
  };
}

/** Reads the value of a count. */
function wholeNumber(name: string, text: string): number | { readonly problem: string } {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  return { problem: `--${name} is ${JSON.stringify(text)}, which is not a whole number from 1.` };
}
