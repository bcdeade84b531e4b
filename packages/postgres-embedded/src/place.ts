import { chmodSync, mkdirSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { canEnter, isOwn, type Account } from "./account.ts";
import { Fault } from "./fault.ts";

/**
 * A folder of this user outside of any app, for programs that all apps share.
 *
 * Shape:  the account that must be able to enter it -> an absolute path.
 */
export function programPlace(account: Account): string {
  return firstUsable([...cacheFolders(), sharedFolder("/var/tmp"), sharedFolder(tmpdir())], account);
}

/** A folder for the data of apps whose own folder the server's account cannot enter. */
export function dataPlace(account: Account): string {
  return firstUsable(["/var/lib/twinloop", sharedFolder("/var/tmp"), sharedFolder(tmpdir())], account);
}

/**
 * The cache folder of the user, as each system has it. Source: XDG Base Directory Specification; Apple, "File System
 * Programming Guide".
 */
function cacheFolders(): string[] {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (process.getuid?.() === 0) return ["/var/cache/twinloop"];
  if (XDG_CACHE_HOME && process.platform === "linux") return [join(XDG_CACHE_HOME, "twinloop")];
  const home = homeFolder();
  if (home === undefined) return [];
  if (process.platform === "win32") return [join(LOCALAPPDATA ?? join(home, "AppData", "Local"), "twinloop")];
  if (process.platform === "darwin") return [join(home, "Library", "Caches", "twinloop")];
  return [join(home, ".cache", "twinloop")];
}

/** The user's home folder; `undefined` for a user without a name, for which Node throws. */
function homeFolder(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** A folder in a place that all users share, named after this user. */
function sharedFolder(parent: string): string {
  return join(parent, `twinloop-${process.getuid?.() ?? "user"}`);
}

/**
 * The first folder that exists or can be made, belongs to this user, and lets the account in. Errors:
 * `embedded_denied` with the reason for each folder.
 */
function firstUsable(folders: readonly string[], account: Account): string {
  const reasons: string[] = [];
  for (const folder of folders) {
    try {
      mkdirSync(folder, { recursive: true });
      // The umask may have removed the permissions that the server's account needs.
      if (account !== undefined && isOwn(folder)) chmodSync(folder, 0o755);
      if (isOwn(folder) && canEnter(folder, account)) return folder;
      reasons.push(`${folder} belongs to another user or cannot be entered by the server's user`);
    } catch (error) {
      reasons.push(String((error as Error).message));
    }
  }
  throw new Fault(
    "embedded_denied",
    `No folder can hold the embedded PostgreSQL:\n  ${reasons.join("\n  ")}`,
  );
}
