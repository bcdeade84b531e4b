import { lstatSync, statSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { Fault } from "./fault.ts";

/** The user and group that own nothing, by convention of Linux. */
const NOBODY = 65_534;

/** The user a program is run as; `undefined` where it runs as this process does. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

/**
 * The user that the server runs as.
 *
 * PostgreSQL refuses to run as root; a process of root therefore runs it as the owner of the data, or as nobody.
 *
 * Errors: `embedded_unsupported` for root on another system than Linux.
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

/** Tells whether an account may enter a folder and every folder above it, by their modes. */
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
 * Tells whether a folder is a real one of this user that nobody else can write to: what lies in a shared place under a
 * name that can be guessed may have been put there by someone else.
 */
export function isOwn(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return false;
  const uid = process.getuid?.();
  return uid === undefined || (stats.uid === uid && (stats.mode & 0o022) === 0);
}
