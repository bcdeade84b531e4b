import { createHash, randomUUID } from "node:crypto";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { hasName, type Account } from "./account.ts";
import { programPlace } from "./place.ts";
import type { PostgresPackage } from "@twinloop/sqldb/internal";

/** The number of attempts to put a copy in place while other processes do the same. */
const ATTEMPTS = 5;

/** One of the package's files, by its path relative to `native/`. */
interface ProgramFile {
  readonly path: string;
  readonly bytes: number;
}

interface Link {
  /** The target of a link and the link itself, both relative to the package's folder. */
  readonly source: string;
  readonly target: string;
}

/**
 * Copies PostgreSQL's programs to where the server's account can run them, and returns the path of their `bin` folder.
 *
 * The programs are copied once, because package managers drop the links that the libraries need, may keep the files in
 * a folder that the account cannot enter, and replace them while a server runs. An incomplete copy (systems clean up
 * temporary folders file by file) is replaced. An account without a name gets a copy of its own, which `runNameless`
 * patches.
 */
export async function placePrograms(source: PostgresPackage, account: Account): Promise<string> {
  const native = join(source.folder, "native");
  const files = await listFiles(native);
  const links = readLinks(native);
  const parent = join(programPlace(account), "postgres");
  const nameless = !hasName(account);
  const home = join(parent, `${source.version}-${fingerprint(source, files)}${nameless ? "-nameless" : ""}`);
  if (!isComplete(home, files, links)) await copyWhole({ native, home, files, links, nameless });
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

/** Computes the name of a copy from its content: the list of files with their sizes, and the bytes of the server. */
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

interface Copy {
  readonly native: string;
  readonly home: string;
  readonly files: readonly ProgramFile[];
  readonly links: readonly Link[];
  /** Whether the copy is for an account without a name. */
  readonly nameless: boolean;
}

async function copyWhole({ native, home, files, links, nameless }: Copy): Promise<void> {
  const draft = `${home}.${randomUUID()}`;
  try {
    const folders = new Set([".", ...files.map(({ path }) => dirname(path))]);
    for (const folder of folders) await mkdir(join(draft, folder), { recursive: true });
    await Promise.all(files.map(({ path }) => copyFile(join(native, path), join(draft, path))));
    for (const { source, target } of links) {
      const link = join(draft, relative("native", target));
      // The package's install script may have created the links, which were then copied as files.
      if (!existsSync(link)) await symlink(basename(source), link);
    }
    if (nameless) runNameless(join(draft, "bin"));
    await openToAll(draft);
    await putInPlace(draft, home, () => isComplete(home, files, links));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Patches the programs of a copy so that they run under a user id without a name.
 *
 * `initdb`, and the server where `initdb` runs it, exit when `getpwuid` finds no name for their user id, although the
 * name is not used here: the database's user is given. In the copy they call `getpwent` instead, which takes no
 * argument and returns the first entry of `/etc/passwd`. Both names have the same length and the same symbol version of
 * the C library, so only the name in the table of imported symbols changes. The check against root calls another
 * function and stays.
 */
function runNameless(bin: string): void {
  for (const name of ["initdb", "postgres"]) {
    const program = readFileSync(join(bin, name));
    const at = program.indexOf("\0getpwuid\0");
    if (at < 0) continue;
    program.write("getpwent", at + 1, "latin1");
    writeFileSync(join(bin, name), program);
  }
}

/** Renames the draft to its place, unless another app has completed a copy meanwhile, whose programs may be running. */
async function putInPlace(draft: string, home: string, isComplete: () => boolean): Promise<void> {
  for (let attempt = 1; !isComplete(); attempt++) {
    try {
      return await rename(draft, home);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
    if (isComplete()) return;
    // The folder in place is incomplete; it is renamed first, so that nobody finds half of it.
    const broken = `${home}.${randomUUID()}`;
    await rename(home, broken).catch(() => undefined);
    await rm(broken, { recursive: true, force: true });
  }
}

/** Sets the permissions regardless of the umask: everyone may read and enter, only the owner may write. */
async function openToAll(folder: string): Promise<void> {
  chmodSync(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const runs = entry.isDirectory() || /[\\/]bin[\\/]/.test(path);
    chmodSync(path, runs ? 0o755 : 0o644);
  }
}
