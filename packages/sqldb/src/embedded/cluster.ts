import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { canEnter, type Account } from "./account.ts";
import { diskFull, Fault, isDiskFull } from "./fault.ts";
import { dataPlace } from "./place.ts";
import { runProgram, type Programs } from "./program.ts";

/** The data of one server. */
export interface Cluster {
  /** PostgreSQL's data folder, without links in its path. */
  readonly data: string;
  readonly password: string;
  /** Whether it was made just now. */
  readonly created: boolean;
}

/** What the server is told once, in a file its owner may edit: as safe as in production, but small. */
const SETTINGS = {
  fsync: "on",
  shared_buffers: "32MB",
  max_wal_size: "256MB",
  min_wal_size: "32MB",
  max_connections: "100",
  log_min_messages: "warning",
  timezone: "UTC",
} as const;

/** Where an app's data of one major version is seen: the folder itself, or a link to where it had to be put. */
export function dataFolder(home: string): string {
  return join(home, "data");
}

/**
 * The data below `home`, made by `initdb` at the first use.
 *
 * Half-made data is never taken for whole: it is made under another name and gets its own by one renaming.
 */
export async function prepareCluster(home: string, programs: Programs): Promise<Cluster> {
  const data = dataFolder(home);
  const secret = join(home, "password");
  const created = !existsSync(join(data, "PG_VERSION"));
  if (created) await create(home, programs);
  if (!existsSync(secret)) {
    const message = `${secret} is gone, and without it nobody can log in to ${data}. Put it back, or remove ${home} and lose the data.`;
    throw new Fault("embedded_damaged", message);
  }
  return { data: realpathSync(data), password: readFileSync(secret, "utf8").trim(), created };
}

async function create(home: string, programs: Programs): Promise<void> {
  const data = dataFolder(home);
  removeDrafts(home);
  const place = programs.account === undefined ? data : placeFor(home, programs.account);
  const draft = `${place}.draft`;
  const password = randomBytes(24).toString("base64url");
  mkdirSync(draft, { mode: 0o700 });
  if (programs.account) chownSync(draft, programs.account.uid, programs.account.gid);
  try {
    await initdb(draft, password, programs);
    writeFileSync(join(home, "password"), `${password}\n`, { mode: 0o600 });
    // Whatever stands there is no data folder, or this would not be reached: a dangling link, or nothing.
    rmSync(data, { force: true });
    renameSync(draft, place);
    if (place !== data) symlinkSync(place, data);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** The app's own folder where the account can reach it and own files there, else a place outside. */
function placeFor(home: string, account: NonNullable<Account>): string {
  if (canEnter(home, account) && canGiveAway(home, account)) return dataFolder(home);
  const parent = join(dataPlace(account), "postgres-data");
  mkdirSync(parent, { recursive: true });
  chmodSync(parent, 0o755);
  const place = join(parent, randomBytes(8).toString("hex"));
  writeFileSync(`${place}.origin`, `${home}\n`);
  return place;
}

/** Some mounted folders let nobody change an owner. */
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

function removeDrafts(home: string): void {
  for (const name of readdirSync(home)) {
    if (name.endsWith(".draft")) rmSync(join(home, name), { recursive: true });
  }
}

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
    const message = `initdb could not make ${draft}; it said:\n${lastLines(output)}`;
    throw new Fault("embedded_initdb_failed", message);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** From 17 on PostgreSQL has Unicode's rules for letters built in, the same on every system. */
function unicodeRules({ bin }: Programs): string[] {
  const major = Number.parseInt(/(\d+)\.[^/\\]*[/\\]bin$/.exec(bin)?.[1] ?? "0", 10);
  return major >= 17 ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : [];
}

/** The end of what a program wrote, indented. */
export function lastLines(output: string, count = 12): string {
  const lines = output.trimEnd().split("\n").slice(-count);
  return lines.map((line) => `  ${line}`).join("\n");
}
