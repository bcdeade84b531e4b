import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CreateProblem, reasonOf } from "./create-problem.ts";
import type { ProjectPlace } from "./project-place.ts";

/**
 * Writes an app beside its place and moves it there when it is whole: what fails leaves nothing behind, neither the
 * draft nor parent folders that were made for it. Beside, because a rename works within one file system alone.
 *
 * Errors: `CreateProblem` where the disk refuses.
 */
export function writeProject(place: ProjectPlace, files: ReadonlyMap<string, string>): void {
  let made: string | undefined;
  let draft: string | undefined;
  try {
    const parent = dirname(place.folder);
    made = mkdirSync(parent, { recursive: true });
    draft = mkdtempSync(join(parent, ".create-twinloop-"));
    for (const [path, text] of files) {
      mkdirSync(dirname(join(draft, path)), { recursive: true });
      writeFileSync(join(draft, path), text);
    }
    move(draft, place.folder);
  } catch (error) {
    for (const folder of [draft, made]) {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }
    throw new CreateProblem(`${place.given} cannot be written: ${reasonOf(error)}. Nothing was written.`);
  }
}

/** Moves the files of a draft into a folder, which may be there and empty; what fails takes them away again. */
function move(draft: string, folder: string): void {
  const made = mkdirSync(folder, { recursive: true });
  const moved: string[] = [];
  try {
    for (const name of readdirSync(draft)) {
      renameSync(join(draft, name), join(folder, name));
      moved.push(join(folder, name));
    }
  } catch (error) {
    for (const path of [...moved, ...(made === undefined ? [] : [made])]) {
      rmSync(path, { recursive: true, force: true });
    }
    throw error;
  }
  rmSync(draft, { recursive: true, force: true });
}
