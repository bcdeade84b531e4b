import { existsSync, readFileSync } from "node:fs";
import { TwinloopError } from "../errors/error.ts";
import { addon, type OperationDescription } from "./description.ts";

/**
 * Finds the numbers of operations by their names, as the addon describes them.
 *
 * Errors: `addon_mismatch` where the addon lacks one; the message names the package of the module `from`.
 */
export function numbersOf<Name extends string>(
  wanted: readonly Name[],
  known: readonly OperationDescription[],
  component: string,
  from: string,
): Record<Name, number> {
  const numbers = {} as Record<Name, number>;
  for (const operation of wanted) {
    const found = known.find((each) => each.name === operation);
    if (found === undefined) throw mismatch(from, `${component}.${operation}`);
    numbers[operation] = found.number;
  }
  return numbers;
}

function mismatch(from: string, operation: string): TwinloopError {
  return new TwinloopError(
    "addon_mismatch",
    `${packageOf(from)} calls ${operation}, which the addon of @twinloop/core-native ${addon.version} does not have. ` +
      "All @twinloop packages must have the same version: reinstall them together.",
  );
}

/** The name and version of the package that a module belongs to. */
function packageOf(module: string): string {
  for (let folder = new URL(".", module); ; folder = new URL("..", folder)) {
    const file = new URL("package.json", folder);
    if (existsSync(file)) {
      const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name: string; version: string };
      return `${name} ${version}`;
    }
    if (folder.pathname === "/" || folder.href === new URL("..", folder).href) return module;
  }
}
