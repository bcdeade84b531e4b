import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { toEmbeddedError } from "./embedded-error.ts";
import { Fault } from "./fault.ts";
import { takeLease, type Lease } from "./lease.ts";
import { findPostgresPackage, packageMissing, type PostgresPackage } from "@twinloop/sqldb/internal";

/** The time limit of a start in milliseconds: copying the programs, creating the data, and recovery after a crash. */
const READY_WITHIN_MS = 120_000;
const POLL_MS = 25;

/** A handle on a running embedded server. */
export interface EmbeddedServer {
  /**
   * The URL of the owner's connection to the database `postgres`; URLs of the server's other databases differ in the
   * name alone.
   */
  readonly url: string;
  /** PostgreSQL's major version. */
  readonly major: number;
  /** Whether the data directory was created by this start, and is therefore empty. */
  readonly created: boolean;
  /** Releases the server; resolves when the server has stopped, or at once where others still use it. Idempotent. */
  stop(): Promise<void>;
}

/** The servers that this process uses, by the real path of the app's root. */
const running: Map<string, Promise<SharedServer>> = new Map();

/**
 * Starts the app's own PostgreSQL, or joins the one that another process of the app has started.
 *
 * Shape:  the app's root, which contains its `package.json` -> the running server. The data is in
 * `<root>/.twinloop/postgres/<major version>/`; the server's output goes to `postgres.log` there. With `handsOver` the
 * server outlives this process by up to 10 s, in which another process joins it.
 * Units:  the first start creates the data (about a second), a later one takes about 0.1 s; at most 120 s.
 * Errors: `EmbeddedError`; no process is left running.
 */
export async function startEmbedded(root: string, handsOver = false): Promise<EmbeddedServer> {
  try {
    const key = realpathSync(root);
    for (;;) {
      const shared = running.get(key) ?? open(key, handsOver);
      // The last user may have stopped the server while this call waited.
      const server = (await shared).use();
      if (server) return server;
    }
  } catch (error) {
    throw toEmbeddedError(error);
  }
}

/**
 * Opens the shared server of a root, at most once at a time. A failed or closed one is forgotten, so that the next
 * start tries again.
 */
function open(root: string, handsOver: boolean): Promise<SharedServer> {
  const forget = (): void => {
    if (running.get(root) === opening) running.delete(root);
  };
  const opening = openShared(root, handsOver, forget);
  running.set(root, opening);
  opening.catch(forget);
  return opening;
}

async function openShared(root: string, handsOver: boolean, forget: () => void): Promise<SharedServer> {
  const source = findPostgresPackage(root);
  if (!source) throw packageMissing(root);
  const home = join(root, ".twinloop", "postgres", String(source.major));
  return new SharedServer(home, source, await lease(home, source, handsOver), forget);
}

/** The server, shared by all users in this process: one lease with a counter. */
class SharedServer {
  readonly #home: string;
  readonly #source: PostgresPackage;
  readonly #forget: () => void;
  #lease: Lease;
  #users = 0;
  #open = true;

  constructor(home: string, source: PostgresPackage, first: Lease, forget: () => void) {
    this.#home = home;
    this.#source = source;
    this.#lease = first;
    this.#forget = forget;
    void this.#renewWhenLost();
  }

  /** Adds a user; returns `undefined` once the server is closed. */
  use(): EmbeddedServer | undefined {
    if (!this.#open) return undefined;
    this.#users++;
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopped ??= this.#release());
    return { url: this.#lease.url, major: this.#source.major, created: this.#lease.created, stop };
  }

  async #release(): Promise<void> {
    if (--this.#users > 0) return;
    this.#close();
    await this.#lease.release();
  }

  #close(): void {
    this.#open = false;
    this.#forget();
  }

  /** Replaces a supervisor that was killed; the server restarts at the same port. */
  async #renewWhenLost(): Promise<void> {
    for (;;) {
      await this.#lease.gone;
      if (!this.#open) return;
      try {
        const renewed = await lease(this.#home, this.#source);
        this.#lease = renewed;
        if (!this.#open) return void renewed.release();
      } catch {
        // Queries fail from now on with the reason; the next start reports why.
        return this.#close();
      }
    }
  }
}

/**
 * Takes a lease, and starts a supervisor while none answers. Several processes may each start one: the first to claim
 * the folder stays. Errors: `embedded_timeout` after 120 s, and those of the supervisor.
 */
async function lease(home: string, source: PostgresPackage, handsOver = false): Promise<Lease> {
  mkdirSync(home, { recursive: true });
  const deadline = Date.now() + READY_WITHIN_MS;
  let supervisor: Supervisor | undefined;
  while (Date.now() < deadline) {
    const answer = await takeLease(home, handsOver);
    if (answer && "lease" in answer) return answer.lease;
    if (answer) throw new Fault(answer.failed.code, answer.failed.message);
    if (supervisor?.ended()) {
      if (supervisor.failed()) throw supervisorFault(home, supervisor);
      supervisor = undefined;
    }
    supervisor ??= startSupervisor(home, source);
    await sleep(POLL_MS);
  }
  throw new Fault(
    "embedded_timeout",
    `PostgreSQL in ${home} was not ready within ${READY_WITHIN_MS / 1_000} s.`,
  );
}

/** A supervisor that this process has started, as far as its process tells. */
interface Supervisor {
  readonly ended: () => boolean;
  readonly failed: () => boolean;
  readonly log: string;
}

/**
 * Starts a supervisor in a session of its own, so that neither Ctrl-C nor the end of this process ends it. Source:
 * Node, `options.detached` of `child_process.spawn`.
 */
function startSupervisor(home: string, source: PostgresPackage): Supervisor {
  const program = fileURLToPath(new URL("./supervisor.js", import.meta.url));
  const log = join(home, "supervisor.log");
  const output = openSync(log, "a", 0o600);
  try {
    const child = spawn(process.execPath, [program, home, JSON.stringify(source)], {
      detached: true,
      windowsHide: true,
      stdio: ["ignore", output, output],
      // Node options of the app, such as an inspector's port, must not reach the supervisor.
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    let ended = false;
    child.once("error", () => (ended = true)).once("exit", () => (ended = true));
    child.unref();
    return { ended: () => ended, failed: () => child.exitCode !== 0, log };
  } finally {
    closeSync(output);
  }
}

/** The supervisor's last output: a fault as JSON, or the text of a crash. */
function supervisorFault(home: string, { log }: Supervisor): Fault {
  const words = readFileSync(log, "utf8").trim();
  try {
    const { code, message } = JSON.parse(words.slice(words.lastIndexOf("\n") + 1)) as Fault;
    return new Fault(code, message);
  } catch {
    const message = `The supervisor of ${home} exited: ${words.slice(-2_000) || "without output"}`;
    return new Fault("embedded_start_failed", message);
  }
}
