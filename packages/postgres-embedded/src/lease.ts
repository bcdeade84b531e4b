/**
 * The protocol by which the processes of an app share one server.
 *
 * A supervisor runs the server and listens on a port of 127.0.0.1, which it writes to a file in the app's folder
 * together with a token. Each process of the app holds one connection to it, its *lease*, for as long as it needs the
 * server. The system closes the lease of a process that is killed, so no process id is ever checked: the supervisor
 * stops the server when the last lease is gone.
 *
 * The messages are lines of JSON. The holder sends a greeting; the supervisor answers with its state, and again when
 * the state changes. A holder returns its lease by ending its side; the supervisor then closes the connection, after
 * the server has stopped if that was the last lease. A holder that hands its lease over to another process gives that
 * process time to connect.
 *
 * The file records the folder for which it was written: a copy of the app's folder contains a copy of the file, which
 * must never lead to the server of the original.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EmbeddedCode } from "@twinloop/sqldb/internal";
import { parseJson, readLines, writeLine } from "./json-lines.ts";

/** The state of the server, as the supervisor reports it. */
export type State =
  | { readonly state: "starting" }
  | { readonly state: "ready"; readonly url: string; readonly created: boolean }
  | { readonly state: "failed"; readonly code: EmbeddedCode; readonly message: string }
  | { readonly state: "stopping" };

/** The address of a supervisor. */
interface Address {
  readonly port: number;
  readonly token: string;
  /**
   * The folder of the supervisor, by its identity in the file system: a moved folder keeps its identity, a copied one
   * does not.
   */
  readonly home: string;
}

/** The first message of a process: its token, and whether it takes a lease or only checks for a supervisor. */
interface Greeting {
  readonly token: string;
  readonly holds: boolean;
  /** Whether another process will take a lease soon after this one has gone. */
  readonly handsOver?: boolean;
}

/** The time in milliseconds within which a supervisor answers; a listener that is slower is none. */
const ANSWER_WITHIN_MS = 2_000;
/** The time in milliseconds for which the server waits for the process that a lease was handed over to. */
const HANDED_OVER_MS = 10_000;
/** The time in milliseconds for which a file that was just created may be empty. */
const WRITE_WITHIN_MS = 300;

/** The supervisor's side: keeps the leases and sends their holders the state. */
export class LeaseDesk {
  readonly #server: Server;
  readonly #address: Omit<Address, "home">;
  readonly #holders: Set<Socket> = new Set();
  /** Processes that returned the last lease, and wait until the server has stopped. */
  readonly #last: Socket[] = [];
  /** Processes that hand their lease over to another process. */
  readonly #handingOver: WeakSet<Socket> = new WeakSet();
  #state: State = { state: "starting" };
  #wasHeld = false;
  #onEmpty: () => void = () => {};

  private constructor(server: Server, token: string) {
    this.#server = server;
    this.#address = { port: (server.address() as AddressInfo).port, token };
    server.on("connection", (socket) => this.#greet(socket));
  }

  /** Opens the desk on a free port. */
  static async open(): Promise<LeaseDesk> {
    // allowHalfOpen: a holder that has returned its lease waits for the answer.
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return new LeaseDesk(server, randomBytes(24).toString("base64url"));
  }

  /** Sends the state to every holder, current and future. */
  tell(state: State): void {
    this.#state = state;
    for (const holder of this.#holders) writeLine(holder, state);
  }

  /** Resolves when the last lease was returned, or none is taken within `graceMs`. */
  async empty(graceMs: number): Promise<void> {
    const emptied = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    if (this.#wasHeld && this.#holders.size === 0) return;
    if (!this.#wasHeld) await Promise.race([emptied, sleep(graceMs, undefined, { ref: false })]);
    if (this.#holders.size > 0) await emptied;
  }

  /** Refuses new leases and ends the current ones. */
  close(): void {
    this.#server.close();
    for (const socket of [...this.#holders, ...this.#last]) socket.end();
  }

  /**
   * Makes this the supervisor of the folder; returns false where another one is.
   *
   * The file is created or replaced atomically. Two supervisors that find the same dead one replace its file one after
   * the other; both check again after a pause, and the later one remains.
   */
  async claim(home: string): Promise<boolean> {
    const file = leaseFile(home);
    const own = this.#text(home);
    for (;;) {
      if (create(file, own)) return true;
      const found = await readSettled(file);
      if (found === undefined) continue;
      if (await answers(addressIn(found, home))) return false;
      if (read(file) !== found) continue;
      const draft = `${file}.${process.pid}`;
      writeFileSync(draft, own, { mode: 0o600 });
      renameSync(draft, file);
      await sleep(WRITE_WITHIN_MS);
      if (read(file) === own) return true;
    }
  }

  /** Removes the address, so that another supervisor can claim the folder. */
  unclaim(home: string): void {
    const file = leaseFile(home);
    if (read(file) === this.#text(home)) rmSync(file, { force: true });
  }

  #text(home: string): string {
    return JSON.stringify({ ...this.#address, home: identityOf(home) } satisfies Address);
  }

  #greet(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    readLines(socket, (value) => {
      const { token, holds, handsOver } = (value ?? {}) as Partial<Greeting>;
      if (token !== this.#address.token) return void socket.destroy();
      if (holds) {
        this.#holders.add(socket);
        this.#wasHeld = true;
        if (handsOver) this.#handingOver.add(socket);
      }
      writeLine(socket, this.#state);
    });
    socket.once("end", () => this.#takeBack(socket));
    socket.once("close", () => this.#takeBack(socket));
  }

  #takeBack(socket: Socket): void {
    if (!this.#holders.delete(socket)) return;
    if (this.#holders.size > 0) return void socket.end();
    if (this.#handingOver.has(socket)) {
      socket.end();
      setTimeout(() => this.#holders.size === 0 && this.#onEmpty(), HANDED_OVER_MS);
      return;
    }
    this.#last.push(socket);
    this.#onEmpty();
  }
}

/** A lease from its holder's side. */
export interface Lease {
  readonly url: string;
  /** Whether the data directory was created by this start. */
  readonly created: boolean;
  /** Resolves when the supervisor has exited, for any reason. */
  readonly gone: Promise<void>;
  /** Returns the lease; resolves when the server has stopped, or at once where others use it. Idempotent. */
  release(): Promise<void>;
}

/** The result of requesting a lease. */
export type LeaseAnswer =
  | { readonly lease: Lease }
  | { readonly failed: { readonly code: EmbeddedCode; readonly message: string } }
  | undefined;

/**
 * Takes a lease of the folder's server and waits until the server is ready.
 *
 * Shape:  -> `undefined` where there is no supervisor, or one that is shutting down.
 */
export function takeLease(home: string, handsOver = false): Promise<LeaseAnswer> {
  const address = addressIn(read(leaseFile(home)), home);
  if (!address) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = call(address, { holds: true, handsOver }, (told) => {
      socket.setTimeout(0);
      if (told.state === "ready") return resolve({ lease: leaseOf(socket, told, gone) });
      if (told.state !== "failed") return;
      resolve({ failed: told });
      socket.destroy();
    });
    const gone = new Promise<void>((left) => socket.once("close", () => left()));
    // A closed port and a server that is being stopped count as no supervisor.
    void gone.then(() => resolve(undefined));
  });
}

/** Connects to a supervisor, sends the greeting and passes each state to `hear`. */
function call({ port, token }: Address, asks: Omit<Greeting, "token">, hear: (told: State) => void): Socket {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => socket.destroy());
  socket.once("end", () => socket.end());
  socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy());
  writeLine(socket, { token, ...asks } satisfies Greeting);
  readLines(socket, (value) => {
    if (isState(value)) hear(value);
    else socket.destroy();
  });
  return socket;
}

function leaseOf(
  socket: Socket,
  { url, created }: { url: string; created: boolean },
  gone: Promise<void>,
): Lease {
  // A lease alone must not keep the app running.
  socket.unref();
  const release = (): Promise<void> => {
    socket.ref().end();
    return gone;
  };
  return { url, created, gone, release };
}

/** Whether a live supervisor answers at an address. */
function answers(address: Address | undefined): Promise<boolean> {
  if (!address) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = call(address, { holds: false }, () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("close", () => resolve(false));
  });
}

function isState(value: unknown): value is State {
  return typeof (value as Partial<State> | null | undefined)?.state === "string";
}

/** Parses the file's text; `undefined` unless it is a complete address that was written for this folder. */
function addressIn(text: string | undefined, folder: string): Address | undefined {
  const { port, token, home } = (parseJson(text ?? "") ?? {}) as Partial<Address>;
  if (!Number.isInteger(port) || !(port! > 0 && port! < 65_536)) return undefined;
  if (typeof token !== "string" || home !== identityOf(folder)) return undefined;
  return { port: port!, token, home };
}

function identityOf(folder: string): string {
  const { dev, ino } = statSync(folder, { bigint: true });
  return `${dev}:${ino}`;
}

function leaseFile(home: string): string {
  return join(home, "server.json");
}

function create(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function readSettled(file: string): Promise<string | undefined> {
  const text = read(file);
  if (text === undefined || parseJson(text) !== undefined) return text;
  await sleep(WRITE_WITHIN_MS);
  return read(file);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
