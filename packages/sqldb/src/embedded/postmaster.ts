import { spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLines, type Cluster } from "./cluster.ts";
import { diskFull, Fault, isDiskFull } from "./fault.ts";
import { runProgram, spawnProgram, type Programs } from "./program.ts";

/** How long a start may take: after a crash the server first replays what it had written ahead. */
const START_WITHIN_MS = 60_000;
/** How long a stop may take until it is forced. */
const STOP_WITHIN_MS = 10_000;
/** How long a start is tried again after what passes: it was killed, or backends of a killed server have yet to notice. */
const LEFTOVERS_WITHIN_MS = 15_000;
const POLL_MS = 15;

/** What a server is started with. */
export interface PostmasterOptions {
  readonly cluster: Cluster;
  readonly programs: Programs;
  readonly port: number;
  /** The file that what the server writes is appended to. */
  readonly log: string;
}

/** A running server. */
export class Postmaster {
  readonly exited: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #options: PostmasterOptions;

  private constructor(child: ChildProcess, options: PostmasterOptions) {
    this.#child = child;
    this.#options = options;
    this.exited = once(child, "exit");
  }

  /**
   * Starts the server and waits until it takes connections.
   *
   * Errors: `embedded_start_failed` with what the server wrote, `embedded_disk_full`, `embedded_timeout`.
   */
  static async start(options: PostmasterOptions): Promise<Postmaster> {
    const deadline = Date.now() + LEFTOVERS_WITHIN_MS;
    for (;;) {
      const before = size(options.log);
      const postmaster = await Postmaster.#spawn(options);
      if (await postmaster.#ready()) return postmaster;
      const words = readFileSync(options.log, "utf8").slice(before);
      const passing =
        postmaster.#child.signalCode !== null ||
        /shared memory block .* is still in use|lock file .* already exists/.test(words);
      if (!passing || Date.now() > deadline) throw startFault(words, options);
      await sleep(200);
    }
  }

  static async #spawn(options: PostmasterOptions): Promise<Postmaster> {
    const { cluster, programs, port, log } = options;
    const place = ["-D", cluster.data, "-p", String(port), "-h", "127.0.0.1", "-k", ""];
    const output = openSync(log, "a", 0o600);
    try {
      const child = spawnProgram(programs, "postgres", place, ["ignore", output, output]);
      await once(child, "spawn");
      return new Postmaster(child, options);
    } finally {
      closeSync(output);
    }
  }

  /** Waits until the server says that it is ready; false when it ended instead. */
  async #ready(): Promise<boolean> {
    const deadline = Date.now() + START_WITHIN_MS;
    while (this.#child.exitCode === null && this.#child.signalCode === null) {
      const { pid, status } = readPidFile(this.#options.cluster.data);
      if (pid === this.#child.pid && status === "ready") return true;
      if (Date.now() > deadline) {
        await this.stop();
        const message = `PostgreSQL was not ready within ${START_WITHIN_MS / 1_000} s; see ${this.#options.log}`;
        throw new Fault("embedded_timeout", message);
      }
      await sleep(POLL_MS);
    }
    return false;
  }

  /** Stops the server: connections are ended, what was committed is on disk. Idempotent. */
  async stop(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#child;
    if (exitCode !== null || signalCode !== null || pid === undefined) return;
    await end(pid, this.#options, this.exited);
  }
}

function startFault(words: string, { log, cluster }: PostmasterOptions): Fault {
  if (isDiskFull(words)) return diskFull(lastLines(words, 4));
  const message = `PostgreSQL could not start on ${cluster.data}; it said (in ${log}):\n${lastLines(words)}`;
  return new Fault("embedded_start_failed", message);
}

/** The signals of a fast, an immediate and a forced shutdown. Source: PostgreSQL, "Shutting Down the Server". */
const SHUTDOWN = ["SIGINT", "SIGQUIT", "SIGKILL"] as const;

async function end(
  pid: number,
  { cluster, programs }: PostmasterOptions,
  exited: Promise<unknown>,
): Promise<void> {
  if (process.platform === "win32") {
    // Windows has no such signals; pg_ctl knows another way.
    await runProgram(programs, "pg_ctl", ["stop", "-D", cluster.data, "-m", "fast"]);
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
 * Ends a server that an earlier supervisor has left behind, and removes what makes a new one believe it still runs.
 *
 * It is told from a stranger that got its process number by what it runs and where.
 */
export async function endLeftover(options: PostmasterOptions): Promise<void> {
  const { data } = options.cluster;
  const { pid } = readPidFile(data);
  if (pid === undefined || !isAlive(pid)) return;
  if (isServerOf(pid, data)) return end(pid, options, untilGone(pid, data));
  rmSync(join(data, "postmaster.pid"), { force: true });
}

async function untilGone(pid: number, data: string): Promise<void> {
  while (isAlive(pid) && isServerOf(pid, data)) await sleep(POLL_MS);
}

function isServerOf(pid: number, data: string): boolean {
  if (process.platform === "linux") {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === data;
    } catch {
      return false;
    }
  }
  if (process.platform === "win32") return true;
  const { stdout } = spawnSync("ps", ["-p", String(pid), "-o", "command="], { encoding: "utf8" });
  return stdout.includes(data);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** What the server tells of itself. Source: PostgreSQL, src/include/utils/pidfile.h: line 1 is its number, line 8 its state. */
function readPidFile(data: string): { readonly pid?: number; readonly status?: string } {
  let lines: string[];
  try {
    lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return {};
  }
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return {};
  return { pid, status: lines[7]?.trim() ?? "" };
}

function size(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
