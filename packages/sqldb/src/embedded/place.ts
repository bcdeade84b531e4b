import { chmodSync, mkdirSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { canEnter, isOwn, type Account } from "./account.ts";
import { Fault } from "./fault.ts";

/**
 * A folder of this user, outside of any app, for programs that are kept once for all apps.
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

function cacheFolders(): string[] {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (process.getuid?.() === 0) return ["/var/cache/twinloop"];
  if (process.platform === "win32")
    return [join(LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "twinloop")];
  if (process.platform === "darwin") return [join(homedir(), "Library", "Caches", "twinloop")];
  return [join(XDG_CACHE_HOME || join(homedir(), ".cache"), "twinloop")];
}

function sharedFolder(parent: string): string {
  return join(parent, `twinloop-${process.getuid?.() ?? "user"}`);
}

function firstUsable(folders: readonly string[], account: Account): string {
  const reasons: string[] = [];
  for (const folder of folders) {
    try {
      mkdirSync(folder, { recursive: true });
      // A umask may have taken away what lets the server's account in.
      if (account !== undefined && isOwn(folder)) chmodSync(folder, 0o755);
      if (isOwn(folder) && canEnter(folder, account)) return folder;
      reasons.push(`${folder} belongs to someone else or cannot be entered by the server's user`);
    } catch (error) {
      reasons.push(String((error as Error).message));
    }
  }
  throw new Fault(
    "embedded_denied",
    `There is no folder for the embedded PostgreSQL:\n  ${reasons.join("\n  ")}`,
  );
}
