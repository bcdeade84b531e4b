import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** A package of the app that is not installed, with what to run. */
export class NotInstalled extends Error {
  readonly hint: string;

  constructor(name: string, root: string, hint: string) {
    super(`${name} is not installed in ${root}.`);
    this.hint = hint;
  }
}

/** Imports the app's own copy of a package. Errors: `NotInstalled`. */
export async function importOfApp<T>(root: string, name: string, hint?: string): Promise<T> {
  const path = resolveOfApp(root, name);
  if (path === undefined) throw new NotInstalled(name, root, hint ?? `Run \`npm install ${name}\`.`);
  return (await import(pathToFileURL(path).href)) as T;
}

/** The file that an import of a package in the app loads; `undefined` where it is not installed. */
export function resolveOfApp(root: string, name: string): string | undefined {
  try {
    return createRequire(join(root, "package.json")).resolve(name);
  } catch {
    return undefined;
  }
}
