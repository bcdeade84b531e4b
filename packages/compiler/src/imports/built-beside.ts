import { readFileSync } from "node:fs";
import type { Declares } from "../declarations/declares-definition.ts";

/** The contents of a package in the workspace that built the compiler. */
export interface BesidePackage {
  readonly declares?: Declares;
  /** The commands that the package adds to `twinloop`. */
  readonly commands?: readonly string[];
}

/** The packages of the workspace, as the compiler's build recorded them; empty where it was not built. */
export function builtBeside(): Readonly<Record<string, BesidePackage>> {
  try {
    const text = readFileSync(new URL("../../dist/catalogue.json", import.meta.url), "utf8");
    return JSON.parse(text) as Record<string, BesidePackage>;
  } catch {
    return {};
  }
}

/** The package of a `twinloop` command, installed or not; null where none has it. */
export function packageOfCommand(command: string): string | null {
  const found = Object.entries(builtBeside()).find(
    ([, { commands }]) => commands?.includes(command) === true,
  );
  return found?.[0] ?? null;
}
