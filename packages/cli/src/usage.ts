import { compilerVersion } from "@twinloop/compiler";
import type { Command, CommandOption } from "@twinloop/core-native/cli";
import { COMMON } from "./command-options.ts";

/** The column at which the meanings begin. */
const COLUMN = 28;

/** Formats the text of `--help` from the commands and their options. */
export function usageOf(commands: Readonly<Record<string, Command>>): string {
  const lines = Object.values(commands).flatMap(({ usage }) =>
    usage.map(([words, meaning]) => row(`  twinloop ${words}`, meaning)),
  );
  const options = Object.entries(commands).flatMap(([name, command]) => {
    const own = Object.entries(command.options).map(optionRow);
    return own.length === 0 ? [] : [`\n  of ${name}:`, ...own];
  });
  const common = Object.entries(COMMON).map(optionRow);
  return `twinloop ${compilerVersion}\n\n${lines.join("\n")}\n\n${[...common, ...options].join("\n")}\n`;
}

/** The row of one option: `--out <file>` and its meaning. */
function optionRow([name, { value, meaning }]: [string, CommandOption]): string {
  return row(`  --${name}${value === undefined ? "" : ` ${value}`}`, meaning);
}

/** One row in two columns; what is too long for the first has its meaning on the next line. */
function row(left: string, meaning: string): string {
  if (left.length < COLUMN - 1) return `${left.padEnd(COLUMN)}${meaning}`;
  return `${left}\n${" ".repeat(COLUMN)}${meaning}`;
}
