import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pidFile, readPidFile } from "./pid-file.ts";
import { runProgram, type Programs } from "./program.ts";

/** The time in milliseconds after which a stop is repeated with a stronger signal. */
const STOP_WITHIN_MS = 10_000;
const POLL_MS = 15;

/** The signals of a fast, an immediate and a forced shutdown. Source: PostgreSQL, "Shutting Down the Server". */
const SHUTDOWN = ["SIGINT", "SIGQUIT", "SIGKILL"] as const;

/** A data directory, and the programs that serve it. */
export interface Served {
  /** The real path of the data directory. */
  readonly data: string;
  readonly programs: Programs;
}

/** Ends a server, with stronger and stronger signals. */
export async function end(pid: number, { data, programs }: Served, exited: Promise<unknown>): Promise<void> {
  if (process.platform === "win32") {
    // Windows has no such signals; pg_ctl stops the server by other means.
    await runProgram(programs, "pg_ctl", ["stop", "-D", data, "-m", "fast"]);
    return;
  }
  for (const signal of SHUTDOWN) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    const timer = new AbortController();
    await Promise.race([exited, sleep(STOP_WITHIN_MS, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
  }
}

/**
 * Ends a server that an earlier supervisor has left running, and removes a stale pid file, which would make a new
 * server believe that the old one still runs: one with the id of another program, one in a copied folder with the id of
 * the original's server, or one without content.
 *
 * A server is distinguished from another program with its process id by its executable and working directory.
 */
export async function endLeftover(served: Served): Promise<void> {
  const { data } = served;
  const file = readPidFile(data);
  if (file === undefined) return;
  // The server itself handles the id of a process that does not exist, and waits for remaining backends.
  if (file.pid !== undefined && !isAlive(file.pid)) return;
  const pid = file.pid !== undefined && isServerOf(file.pid, data, file.folder) ? file.pid : findServer(data);
  if (pid !== undefined) return end(pid, served, untilGone(pid, data));
  rmSync(pidFile(data), { force: true });
}

/** Resolves when a process has ended, or its id has gone to another program. */
async function untilGone(pid: number, data: string): Promise<void> {
  while (isAlive(pid) && isServerOf(pid, data, data)) await sleep(POLL_MS);
}

/**
 * Whether a process serves a data directory: on Linux by its working directory, which PostgreSQL makes the data
 * directory; on macOS by its command line; on Windows by the pid file alone.
 */
function isServerOf(pid: number, data: string, folder: string): boolean {
  if (process.platform === "linux") return workingFolder(pid) === data;
  // In a copied folder the file still names the original's folder.
  if (folder !== data && folder !== data.replaceAll("\\", "/")) return false;
  if (process.platform === "win32") return true;
  const { stdout } = spawnSync("ps", ["-p", String(pid), "-o", "command="], { encoding: "utf8" });
  return stdout.includes(data);
}

/** The process id of a data directory's server, where the pid file does not tell it. */
function findServer(data: string): number | undefined {
  if (process.platform !== "linux") return undefined;
  const served = readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && workingFolder(pid) === data);
  // The server's backends work in the folder too: the server is the process whose parent does not.
  return served.find((pid) => !served.includes(parentOf(pid)));
}

/** The working directory of a process; `undefined` for one that is gone or belongs to another user. */
function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** The id of a process's parent; 0 where the process is gone. */
function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return 0;
  }
}

/** Whether a process exists; `EPERM` tells of one of another user. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
