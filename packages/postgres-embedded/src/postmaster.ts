import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { diskFull, Fault, isDiskFull } from "./fault.ts";
import { end } from "./leftover.ts";
import { readPidFile } from "./pid-file.ts";
import { lastLines, spawnProgram, type Programs } from "./program.ts";

/** The time limit of a start in milliseconds: after a crash the server first replays its write-ahead log. */
const START_WITHIN_MS = 60_000;
/**
 * The time in milliseconds for which a start is repeated after a passing failure: the server was killed, or backends of
 * a killed server still run.
 */
const LEFTOVERS_WITHIN_MS = 15_000;
const POLL_MS = 15;

/** The options of a server. */
export interface PostmasterOptions {
  readonly cluster: { readonly data: string; readonly password: string; readonly created: boolean };
  readonly programs: Programs;
  /** The TCP port of 127.0.0.1. */
  readonly port: number;
  /** The file to which the server's output is appended. */
  readonly log: string;
}

/** A running server. */
export class Postmaster {
  /** Resolves when the server's process has ended, whatever ended it. */
  readonly exited: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #options: PostmasterOptions;

  private constructor(child: ChildProcess, options: PostmasterOptions) {
    this.#child = child;
    this.#options = options;
    this.exited = once(child, "exit");
  }

  /**
   * Starts the server and waits until it accepts connections.
   *
   * Errors: `embedded_start_failed` with the server's output, `embedded_disk_full`, `embedded_timeout`.
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

  /** Spawns the server, on 127.0.0.1 and without a Unix socket (`-k ""`): the port alone names it. */
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

  /** Waits until the server reports that it is ready; returns false when it exited instead. */
  async #ready(): Promise<boolean> {
    const deadline = Date.now() + START_WITHIN_MS;
    while (this.#child.exitCode === null && this.#child.signalCode === null) {
      const file = readPidFile(this.#options.cluster.data);
      if (file?.pid === this.#child.pid && file?.status === "ready") return true;
      if (Date.now() > deadline) {
        await this.stop();
        const message = `PostgreSQL was not ready within ${START_WITHIN_MS / 1_000} s. Its log: ${this.#options.log}`;
        throw new Fault("embedded_timeout", message);
      }
      await sleep(POLL_MS);
    }
    return false;
  }

  /** Stops the server: connections are closed, committed data is on disk. Idempotent. */
  async stop(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#child;
    if (exitCode !== null || signalCode !== null || pid === undefined) return;
    const { cluster, programs } = this.#options;
    await end(pid, { data: cluster.data, programs }, this.exited);
  }
}

/**
 * The fault of a failed start: a full disk by its own code, anything else with the last lines of the server's output.
 */
function startFault(words: string, { log, cluster }: PostmasterOptions): Fault {
  if (isDiskFull(words)) return diskFull(lastLines(words, 4));
  const message = `PostgreSQL failed to start on ${cluster.data}. Its output (in ${log}):\n${lastLines(words)}`;
  return new Fault("embedded_start_failed", message);
}

function size(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
