import { existsSync, readdirSync } from "node:fs";
import { basename, resolve } from "node:path";
import validateName from "validate-npm-package-name";
import { CreateProblem, reasonOf } from "./create-problem.ts";

/** Where an app is made, and what it is called. */
export interface ProjectPlace {
  /** The folder, absolute; it does not exist, or holds nothing. */
  readonly folder: string;
  /** The folder as it was named. */
  readonly given: string;
  /** The name of its package, which is that of the folder. */
  readonly name: string;
}

/** What a folder may hold and still count as empty. */
const HARMLESS = new Set([".git", ".DS_Store", "Thumbs.db"]);

/** Names that Windows keeps for devices. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$/i;

/**
 * Checks the folder of a new app. Reads the disk and writes nothing.
 *
 * Errors: `CreateProblem` for a name that no package may have, a folder with files, a file, and a folder that cannot be read.
 */
export function projectPlace(given: string, from: string = process.cwd()): ProjectPlace {
  const folder = resolve(from, given);
  const name = basename(folder);
  checkName(name, given);
  const found = entriesOf(folder, given).filter((entry) => !HARMLESS.has(entry));
  if (found.length > 0) {
    const some = found.slice(0, 3).join(", ") + (found.length > 3 ? ", …" : "");
    throw new CreateProblem(`${given} is not empty (${some}): name a folder that does not exist yet.`);
  }
  return { folder, given, name };
}

/**
 * Checks the name of the folder, which becomes that of the package. Errors: `CreateProblem` with exit code 2, and a
 * name that would do.
 */
function checkName(name: string, given: string): void {
  if (name.includes("\\")) {
    const mended = given.replaceAll("\\", "/");
    throw new CreateProblem(`${given} has backslashes, which are part of a name here: write ${mended}.`, 2);
  }
  if (DEVICE.test(name)) {
    throw new CreateProblem(
      `Windows keeps the name ${JSON.stringify(name)} for a device: choose another.`,
      2,
    );
  }
  const { validForNewPackages, errors = [], warnings = [] } = validateName(name);
  if (validForNewPackages) return;
  const [why = "it is not allowed"] = [...errors, ...warnings];
  const legal = legalName(name);
  const other = legal === "" || legal === name ? "" : ` Take ${JSON.stringify(legal)}, for example.`;
  throw new CreateProblem(`${JSON.stringify(name)} cannot be the name of a package: ${why}.${other}`, 2);
}

/** Makes a name that a package may have out of one that it may not. */
function legalName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

/**
 * The entries of the folder; none where it does not exist. Errors: `CreateProblem` for a file, and for a folder that
 * cannot be read.
 */
function entriesOf(folder: string, given: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    const isFile = code === "ENOTDIR" && existsSync(folder);
    throw new CreateProblem(`${given} cannot be used: ${isFile ? "it is a file" : reasonOf(error)}.`);
  }
}
