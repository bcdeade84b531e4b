import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What `twinloop dev` tells other tools of the app that it runs, in `.twinloop/dev.json`. */
export interface DevFile {
  /** The process of `twinloop dev`. */
  readonly pid: number;
  /** The address of the admin server, such as `http://127.0.0.1:4040`. */
  readonly adminUrl: string;
  /** The address of the app's API; `null` for an app without endpoints. */
  readonly appUrl: string | null;
}

/** Writes the file, as a whole or not at all. */
export function writeDevFile(root: string, content: DevFile): void {
  const path = pathIn(root);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(content)}\n`);
  renameSync(`${path}.${process.pid}`, path);
}

/** Reads the file of an app that runs under `twinloop dev`; `undefined` where none does. */
export function readDevFile(root: string): DevFile | undefined {
  try {
    const content = JSON.parse(readFileSync(pathIn(root), "utf8")) as DevFile;
    // One that was killed leaves its file behind.
    process.kill(content.pid, 0);
    return content;
  } catch {
    return undefined;
  }
}

/** Removes the file, if it is of this process. */
export function removeDevFile(root: string): void {
  if (readDevFile(root)?.pid === process.pid) rmSync(pathIn(root), { force: true });
}

function pathIn(root: string): string {
  return join(root, ".twinloop", "dev.json");
}
