import type { Manifest, Problem, ProblemCode } from "@twinloop/compiler";
import type { CommandFault } from "@twinloop/core-native/cli";
import { packageClis } from "./package-clis.ts";

/** A width that no line reaches: the whole line is meant. */
const WHOLE_LINE = 10_000;

/** The declarations of an app as its packages describe them. */
export interface Inventory {
  /** The tables of the packages, one after another; empty without any. */
  readonly text: string;
  /** The faults that packages find in names and options, in the form of the compiler's problems. */
  readonly problems: readonly Problem[];
}

/** Collects the tables and problems of each package of the app. */
export async function readInventory(root: string, manifest: Manifest): Promise<Inventory> {
  const told = [];
  for (const { cli } of await packageClis(root)) {
    if (cli.inventory !== undefined) told.push(await cli.inventory({ root, manifest }));
  }
  return {
    text: told.flatMap(({ text }) => (text === "" ? [] : text)).join("\n"),
    problems: told.flatMap(({ problems }) => problems.map(asProblem)),
  };
}

/**
 * A package's fault as a problem. Line 0 means the file as a whole; a fault knows no columns, so another line is
 * marked from end to end.
 */
function asProblem({ code, file, line, message, hint }: CommandFault): Problem {
  const place = line === 0 ? { column: 0, length: 0 } : { column: 1, length: WHOLE_LINE };
  const told = { code: code as ProblemCode, file, line, ...place, message };
  return hint === undefined ? told : { ...told, hint };
}
