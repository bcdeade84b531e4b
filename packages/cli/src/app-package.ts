import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Thrown where the app does not have what the command needs; the message says what to do. */
export class AppProblem extends Error {}

/** Imports a package as the app would, so that its version is the one that runs in production. */
export async function importFrom(root: string, name: string): Promise<unknown> {
  let path: string;
  try {
    path = createRequire(join(root, "package.json")).resolve(name);
  } catch (error) {
    const owner = name.split("/", 2).join("/");
    const message = `${owner} is not installed in ${root}: install it, or name the app's folder with --root.`;
    throw new AppProblem(message, { cause: error });
  }
  return import(pathToFileURL(path).href);
}
