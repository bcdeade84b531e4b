import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { canEnter, type Account } from "./account.ts";
import { diskFull, Fault, isDiskFull } from "./fault.ts";
import { newPassword, readPassword, writePassword } from "./password.ts";
import { dataPlace } from "./place.ts";
import { lastLines, runProgram, type Programs } from "./program.ts";

/** The data directory of one server. */
export interface Cluster {
  /** The path of PostgreSQL's data directory, without symbolic links. */
  readonly data: string;
  /** The password; `undefined` where its file is lost. */
  readonly password: string | undefined;
  /** Whether the data directory was created by this start. */
  readonly created: boolean;
}

/**
 * The server's settings, written once to a file that the owner may edit: as durable as in production, with small
 * buffers.
 */
const SETTINGS = {
  fsync: "on",
  shared_buffers: "32MB",
  max_wal_size: "256MB",
  min_wal_size: "32MB",
  max_connections: "100",
  log_min_messages: "warning",
  timezone: "UTC",
} as const;

/**
 * The path of an app's data directory for one major version: the folder itself, or a link to a folder outside of the
 * app.
 */
export function dataFolder(home: string): string {
  return join(home, "data");
}

/**
 * Opens the data directory below `home`; the first use creates it by `initdb`.
 *
 * A half-created directory is never used: it is created under a temporary name and then renamed.
 */
export async function prepareCluster(home: string, programs: Programs): Promise<Cluster> {
  const data = dataFolder(home);
  leaveOriginal(home, data);
  const created = !existsSync(join(data, "PG_VERSION"));
  if (created) {
    refuseOther(data);
    await create(home, programs);
  }
  const real = realpathSync(data);
  if (!created) keepOwned(real, programs);
  return { data: real, password: readPassword(home), created };
}

/**
 * Restores owner and permissions. A folder that was copied or unpacked may belong to another user or be open to others;
 * the server refuses both.
 */
function keepOwned(data: string, { account }: Programs): void {
  if (process.platform === "win32") return;
  const { uid, mode } = statSync(data);
  if (account && uid !== account.uid) {
    for (const path of ["", ...readdirSync(data, { recursive: true, encoding: "utf8" })]) {
      lchownSync(join(data, path), account.uid, account.gid);
    }
  }
  const mayChange = account !== undefined || uid === process.getuid?.();
  if ((mode & 0o027) !== 0 && mayChange) chmodSync(data, 0o700);
}

/** Refuses a folder without PG_VERSION, which must not be deleted unless it is empty. */
function refuseOther(data: string): void {
  const stats = lstatSync(data, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink()) return;
  if (stats.isDirectory() && readdirSync(data).length === 0) return rmdirSync(data);
  const message = `${data} is not a data directory of PostgreSQL: it has no file PG_VERSION. Restore the missing files, or move the folder away; the next start then creates an empty one.`;
  throw new Fault("embedded_damaged", message);
}

/**
 * Creates the data directory: `initdb` into a draft, then the password's file, then the rename that makes it one. A
 * crash leaves a draft, which the next start removes.
 */
async function create(home: string, programs: Programs): Promise<void> {
  const data = dataFolder(home);
  removeDrafts(home);
  const place = programs.account === undefined ? data : placeFor(home, programs.account);
  const draft = `${place}.draft`;
  const password = newPassword();
  mkdirSync(draft, { mode: 0o700 });
  if (programs.account) chownSync(draft, programs.account.uid, programs.account.gid);
  try {
    await initdb(draft, password, programs);
    writePassword(home, password);
    // The path is a dangling link or does not exist; a data directory has been handled above.
    rmSync(data, { force: true });
    renameSync(draft, place);
    if (place !== data) symlinkSync(place, data);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** The app's own folder where the account can reach it and own files there, otherwise a folder outside of the app. */
function placeFor(home: string, account: NonNullable<Account>): string {
  if (canEnter(home, account) && canGiveAway(home, account)) return dataFolder(home);
  const parent = join(dataPlace(account), "postgres-data");
  mkdirSync(parent, { recursive: true });
  chmodSync(parent, 0o755);
  const place = join(parent, randomBytes(8).toString("hex"));
  writeOrigin(place, home);
  return place;
}

/** The file beside data outside of the app's folder that records which app it belongs to. */
function originFile(place: string): string {
  return `${place}.origin`;
}

function writeOrigin(place: string, home: string): void {
  writeFileSync(originFile(place), `${realpathSync(home)}\n`);
}

/**
 * Removes the link to data outside of the app's folder where the app's folder is a copy: the data belongs to the
 * original, and the copy creates its own. A moved folder keeps its data.
 */
function leaveOriginal(home: string, data: string): void {
  if (!lstatSync(data, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const place = readlinkSync(data);
  if (!existsSync(originFile(place))) return;
  const origin = readFileSync(originFile(place), "utf8").trim();
  const here = realpathSync(home);
  if (origin === here) return;
  if (linkOf(dataFolder(origin)) === place) rmSync(data);
  else writeOrigin(place, here);
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Whether owners can be changed here; some mounted folders do not allow it. */
function canGiveAway(home: string, { uid, gid }: NonNullable<Account>): boolean {
  const probe = join(home, "data.draft");
  mkdirSync(probe);
  try {
    chownSync(probe, uid, gid);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
}

/** Removes what starts that were killed have left. */
function removeDrafts(home: string): void {
  for (const name of readdirSync(home)) {
    if (name.endsWith(".draft")) rmSync(join(home, name), { recursive: true });
  }
}

/**
 * Runs `initdb`. Source: PostgreSQL, "initdb"; the password goes through a file, since command lines are visible to
 * other users.
 */
async function initdb(draft: string, password: string, programs: Programs): Promise<void> {
  const passwordFile = join(dirname(draft), `${randomBytes(8).toString("hex")}.draft`);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (programs.account) chownSync(passwordFile, programs.account.uid, programs.account.gid);
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const args = [
    ...["-D", draft, "-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwordFile}`],
    ...["-E", "UTF8", "--no-locale", ...unicodeRules(programs), "--no-instructions", ...settings],
  ];
  try {
    const { code, output } = await runProgram(programs, "initdb", args);
    if (code === 0) return;
    if (isDiskFull(output)) throw diskFull(lastLines(output));
    const message = `initdb failed to create ${draft}. Its output:\n${lastLines(output)}${nameless(output)}`;
    throw new Fault("embedded_initdb_failed", message);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function nameless(output: string): string {
  if (!output.includes("could not look up effective user ID")) return "";
  return "\nThe user has no entry in /etc/passwd, which has no entries at all. Add one (`RUN useradd -u <id> app` in a Dockerfile), or set DATABASE_URL to a server of your own.";
}

/**
 * The options of `initdb` for PostgreSQL's built-in Unicode collation, available from version 17 and the same on every
 * system.
 */
function unicodeRules({ bin }: Programs): string[] {
  const major = Number.parseInt(/(\d+)\.[^/\\]*[/\\]bin$/.exec(bin)?.[1] ?? "0", 10);
  return major >= 17 ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : [];
}
