import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EmbeddedError } from "./embedded-error.ts";
import { Fault } from "./fault.ts";
import { takeLease, type Lease } from "./lease.ts";
import { findPostgresPackage, packageMissing, type PostgresPackage } from "./postgres-package.ts";

/** How long the server may take in all: copying its programs, making its data, and a recovery after a crash. */
const READY_WITHIN_MS = 120_000;
const POLL_MS = 25;

/** An embedded server in use. */
export interface EmbeddedServer {
  /** Connects its owner to the database `postgres`; every other database has the same URL but for the name. */
  readonly url: string;
  /** PostgreSQL's major version. */
  readonly major: number;
  /** Whether its data was made just now, and so holds nothing yet. */
  readonly created: boolean;
  /**
   * Gives the server back; resolves when it is stopped, or serves others still. Idempotent.
   */
  stop(): Promise<void>;
}

const running: Map<string, Promise<SharedServer>> = new Map();

/**
 * Starts the app's own PostgreSQL, or joins it where another process of the app has started it.
 *
 * Shape:  the app's root, where its `package.json` is -> the running server. Data is kept in
 *         `<root>/.twinloop/postgres/<major version>/`; what the server writes goes to `postgres.log` there.
 * Units:  the first start makes the data (about a second), a later one takes about 0.1 s; at most 120 s.
 * Errors: `EmbeddedError`. Nothing is left running.
 */
export async function startEmbedded(root: string): Promise<EmbeddedServer> {
  try {
    const key = realpathSync(root);
    for (;;) {
      const shared = running.get(key) ?? open(key);
      // Its last user may have stopped it while this one waited.
      const server = (await shared).use();
      if (server) return server;
    }
  } catch (error) {
    throw EmbeddedError.from(error);
  }
}

function open(root: string): Promise<SharedServer> {
  const forget = (): void => {
    if (running.get(root) === opening) running.delete(root);
  };
  const opening = openShared(root, forget);
  running.set(root, opening);
  opening.catch(forget);
  return opening;
}

async function openShared(root: string, forget: () => void): Promise<SharedServer> {
  const source = findPostgresPackage(root);
  if (!source) throw packageMissing(root);
  const home = join(root, ".twinloop", "postgres", String(source.major));
  return new SharedServer(home, source, await lease(home, source), forget);
}

/** The server as all its users in this process share it: one lease, counted. */
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

  /** One more user; `undefined` once it is closed. */
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

  /** A supervisor that was killed is replaced; the server comes back at the same port. */
  async #renewWhenLost(): Promise<void> {
    for (;;) {
      await this.#lease.gone;
      if (!this.#open) return;
      try {
        const renewed = await lease(this.#home, this.#source);
        this.#lease = renewed;
        if (!this.#open) return void renewed.release();
      } catch {
        // Queries fail now and say so; the next start tells why.
        return this.#close();
      }
    }
  }
}

async function lease(home: string, source: PostgresPackage): Promise<Lease> {
  mkdirSync(home, { recursive: true });
  const deadline = Date.now() + READY_WITHIN_MS;
  let supervisor: Supervisor | undefined;
  while (Date.now() < deadline) {
    const answer = await takeLease(home);
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

interface Supervisor {
  readonly ended: () => boolean;
  readonly failed: () => boolean;
  readonly log: string;
}

function startSupervisor(home: string, source: PostgresPackage): Supervisor {
  const program = fileURLToPath(new URL("./supervisor.js", import.meta.url));
  const log = join(home, "supervisor.log");
  const output = openSync(log, "a", 0o600);
  try {
    const child = spawn(process.execPath, [program, home, JSON.stringify(source)], {
      detached: true,
      windowsHide: true,
      stdio: ["ignore", output, output],
      // Options for the app, such as an inspector's port, are not for the supervisor.
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

/** What the supervisor wrote last: a fault as JSON, or the words of a crash. */
function supervisorFault(home: string, { log }: Supervisor): Fault {
  const words = readFileSync(log, "utf8").trim();
  try {
    const { code, message } = JSON.parse(words.slice(words.lastIndexOf("\n") + 1)) as Fault;
    return new Fault(code, message);
  } catch {
    const message = `The supervisor of ${home} ended: ${words.slice(-2_000) || "it said nothing"}`;
    return new Fault("embedded_start_failed", message);
  }
}
