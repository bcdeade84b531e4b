/**
 * How the processes of an app share one server.
 *
 * A supervisor runs the server and listens on a port of 127.0.0.1, which it writes to a file in the app's folder together
 * with a token. Each process of the app holds one connection to it, its *lease*, for as long as it needs the server. The
 * system closes the lease of a process that is killed, so no process number is ever asked after: the supervisor stops
 * the server when the last lease is gone.
 *
 * Lines of JSON cross. The holder sends its greeting; the supervisor answers with its state, and again when it changes.
 * A holder gives its lease back by ending its side; the supervisor then closes, after the server has stopped if that
 * was the last lease.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EmbeddedCode } from "./fault.ts";
import { parseJson, readLines, writeLine } from "./json-lines.ts";

/** What the supervisor says of the server. */
export type State =
  | { readonly state: "starting" }
  | { readonly state: "ready"; readonly url: string; readonly created: boolean }
  | { readonly state: "failed"; readonly code: EmbeddedCode; readonly message: string }
  | { readonly state: "stopping" };

/** Where a supervisor is found. */
interface Address {
  readonly port: number;
  readonly token: string;
}

/** What a process says first: who it is, and whether it takes a lease or only asks whether somebody is there. */
interface Greeting {
  readonly token: string;
  readonly holds: boolean;
}

/** How long a listener may take to answer before it counts as a stranger. */
const ANSWER_WITHIN_MS = 2_000;
/** How long a file that was just created may be without its content. */
const WRITE_WITHIN_MS = 300;

/** The supervisor's side: who holds a lease, and what they are told. */
export class LeaseDesk {
  readonly #server: Server;
  readonly #address: Address;
  readonly #holders: Set<Socket> = new Set();
  /** Those that gave back the last lease, and wait until the server has stopped. */
  readonly #last: Socket[] = [];
  #state: State = { state: "starting" };
  #wasHeld = false;
  #onEmpty: () => void = () => {};

  private constructor(server: Server, token: string) {
    this.#server = server;
    this.#address = { port: (server.address() as AddressInfo).port, token };
    server.on("connection", (socket) => this.#greet(socket));
  }

  /** Opens on a free port. */
  static async open(): Promise<LeaseDesk> {
    // allowHalfOpen: a holder that has given its lease back waits for the answer.
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return new LeaseDesk(server, randomBytes(24).toString("base64url"));
  }

  /** Tells every holder, and those to come. */
  tell(state: State): void {
    this.#state = state;
    for (const holder of this.#holders) writeLine(holder, state);
  }

  /** Resolves when the last lease was given back, or none is taken within `graceMs`. */
  async empty(graceMs: number): Promise<void> {
    const emptied = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    if (this.#wasHeld && this.#holders.size === 0) return;
    if (!this.#wasHeld) await Promise.race([emptied, sleep(graceMs, undefined, { ref: false })]);
    if (this.#holders.size > 0) await emptied;
  }

  /** Takes no more leases and ends those that are held. */
  close(): void {
    this.#server.close();
    for (const socket of [...this.#holders, ...this.#last]) socket.end();
  }

  /**
   * Makes this the supervisor of the folder; false when another one is.
   *
   * The file is created or replaced as a whole. Two supervisors that find the same dead one replace its file one after
   * the other; both look again after a while, and the later one remains.
   */
  async claim(home: string): Promise<boolean> {
    const file = leaseFile(home);
    const own = JSON.stringify(this.#address);
    for (;;) {
      if (create(file, own)) return true;
      const found = await readSettled(file);
      if (found === undefined) continue;
      if (await answers(found)) return false;
      if (read(file) !== found) continue;
      const draft = `${file}.${process.pid}`;
      writeFileSync(draft, own, { mode: 0o600 });
      renameSync(draft, file);
      await sleep(WRITE_WITHIN_MS);
      if (read(file) === own) return true;
    }
  }

  /** Lets another supervisor have the folder. */
  unclaim(home: string): void {
    const file = leaseFile(home);
    if (read(file) === JSON.stringify(this.#address)) rmSync(file, { force: true });
  }

  #greet(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    readLines(socket, (value) => {
      const { token, holds } = (value ?? {}) as Partial<Greeting>;
      if (token !== this.#address.token) return void socket.destroy();
      if (holds) {
        this.#holders.add(socket);
        this.#wasHeld = true;
      }
      writeLine(socket, this.#state);
    });
    socket.once("end", () => this.#takeBack(socket));
    socket.once("close", () => this.#takeBack(socket));
  }

  #takeBack(socket: Socket): void {
    if (!this.#holders.delete(socket)) return;
    if (this.#holders.size > 0) return void socket.end();
    this.#last.push(socket);
    this.#onEmpty();
  }
}

/** A lease as its holder sees it. */
export interface Lease {
  readonly url: string;
  /** Whether the data was made just now. */
  readonly created: boolean;
  /** Resolves when the supervisor has gone, asked or not. */
  readonly gone: Promise<void>;
  /** Gives the lease back; resolves when the server is stopped or serves others. Idempotent. */
  release(): Promise<void>;
}

/** What came of asking for a lease. */
export type LeaseAnswer =
  | { readonly lease: Lease }
  | { readonly failed: { readonly code: EmbeddedCode; readonly message: string } }
  | undefined;

/**
 * Takes a lease of the folder's server, waiting until it is ready.
 *
 * Shape:  `undefined` when there is no supervisor, or one that is on its way out.
 */
export function takeLease(home: string): Promise<LeaseAnswer> {
  const address = addressIn(read(leaseFile(home)));
  if (!address) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = call(address, true, (told) => {
      socket.setTimeout(0);
      if (told.state === "ready") return resolve({ lease: leaseOf(socket, told, gone) });
      if (told.state !== "failed") return;
      resolve({ failed: told });
      socket.destroy();
    });
    const gone = new Promise<void>((left) => socket.once("close", () => left()));
    // Also when nobody listens there any more, or the server is being stopped: to the caller that is the same as nobody.
    void gone.then(() => resolve(undefined));
  });
}

/** Introduces itself to a supervisor and hears what it says. */
function call({ port, token }: Address, holds: boolean, hear: (told: State) => void): Socket {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => socket.destroy());
  socket.once("end", () => socket.end());
  socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy());
  writeLine(socket, { token, holds } satisfies Greeting);
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

/** Tells whether what a file says is the address of a live supervisor. */
function answers(found: string): Promise<boolean> {
  const address = addressIn(found);
  if (!address) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = call(address, false, () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("close", () => resolve(false));
  });
}

function isState(value: unknown): value is State {
  return typeof (value as Partial<State> | null | undefined)?.state === "string";
}

function addressIn(text: string | undefined): Address | undefined {
  const { port, token } = (parseJson(text ?? "") ?? {}) as Partial<Address>;
  return typeof port === "number" && typeof token === "string" ? { port, token } : undefined;
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
