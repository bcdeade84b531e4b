import { lstatSync, readFileSync, statSync, type Stats } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { Fault } from "./fault.ts";

/** The user and group ids of `nobody` on Linux. */
const NOBODY = 65_534;

/** The user that a program runs as; `undefined` for the user of this process. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

/**
 * The user that the server runs as.
 *
 * PostgreSQL refuses to run as root; for a root process the server runs as the owner of the data, or as nobody.
 *
 * Errors: `embedded_unsupported` for root on a system other than Linux.
 */
export function serverAccount(dataFolder: string): Account {
  if (process.getuid?.() !== 0) return undefined;
  if (process.platform !== "linux") {
    const message =
      "PostgreSQL refuses to run as root: run the app as another user, or set DATABASE_URL to a server of your own.";
    throw new Fault("embedded_unsupported", message);
  }
  const { uid, gid } = statSync(dataFolder, { throwIfNoEntry: false }) ?? { uid: 0, gid: 0 };
  return uid === 0 ? { uid: NOBODY, gid: NOBODY } : { uid, gid };
}

/**
 * Whether the system has a name for the account. PostgreSQL's programs look the name up without needing it; containers
 * often run under a user id that `/etc/passwd` does not list.
 */
export function hasName(account: Account): boolean {
  if (process.platform !== "linux") return true;
  try {
    if (account === undefined) return userInfo().username !== "";
    return new RegExp(`^[^:]*:[^:]*:${account.uid}:`, "m").test(readFileSync("/etc/passwd", "utf8"));
  } catch {
    return false;
  }
}

/** Whether the permissions let an account enter a folder and all its parent folders. */
export function canEnter(folder: string, account: Account): boolean {
  if (account === undefined) return true;
  for (let place = folder; ; place = dirname(place)) {
    if (!mayTraverse(statSync(place), account)) return false;
    if (place === dirname(place)) return true;
  }
}

function mayTraverse({ mode, uid, gid }: Stats, account: NonNullable<Account>): boolean {
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

/**
 * Whether a folder is a real folder of this user that nobody else can write to. A folder of a predictable name in a
 * shared place may have been put there by another user.
 */
export function isOwn(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return false;
  const uid = process.getuid?.();
  return uid === undefined || (stats.uid === uid && (stats.mode & 0o022) === 0);
}
