import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";

const LOCAL = "nats://127.0.0.1:4222";

/**
 * A prefix of names at a NATS server that one test has to itself.
 *
 * @typedef {object} Place
 * @property {string} url
 * @property {string} prefix
 * @property {() => Promise<void>} remove deletes the streams with the prefix
 */

/** Tells why the tests that need NATS are skipped; `undefined` where they run. @returns {string | undefined} */
export function withoutNats() {
  return process.env["WITHOUT_NATS"];
}

/** Chooses a prefix at the server of `NATS_URL`. @returns {Promise<Place>} */
export async function makePlace() {
  const prefix = `twinloop-${process.pid}-${randomBytes(6).toString("hex")}`;
  const server = process.env["NATS_URL"] ?? LOCAL;
  const url = `${server}${server.includes("?") ? "&" : "?"}prefix=${prefix}`;
  return { prefix, url, remove: () => deleteStreams(new URL(server), prefix) };
}

/** @param {URL} server @param {string} prefix */
async function deleteStreams(server, prefix) {
  const session = await JetStream.open(server);
  try {
    const { streams } = await session.ask("STREAM.NAMES", {});
    const names = (streams ?? []).filter((/** @type {string} */ name) => name.startsWith(prefix));
    for (const name of names) await session.ask(`STREAM.DELETE.${name}`, null);
  } finally {
    session.close();
  }
}

/** As much of a client as tests need: requests to the API of JetStream (NATS client protocol). */
export class JetStream {
  /** @type {import("node:net").Socket} */
  #socket;
  #read = Buffer.alloc(0);
  /** @type {((body: string) => void) | undefined} */
  #answered;

  /** @param {import("node:net").Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#take(bytes));
  }

  /** @param {URL} server @returns {Promise<JetStream>} */
  static async open(server) {
    const socket = connect(Number(server.port || 4222), server.hostname);
    await once(socket, "connect");
    const [user, pass] = [server.username, server.password].map(decodeURIComponent);
    const login = pass ? { user, pass } : user ? { auth_token: user } : {};
    socket.write(`CONNECT ${JSON.stringify({ verbose: false, ...login })}\r\nSUB _INBOX.tests 1\r\n`);
    return new JetStream(socket);
  }

  /** @param {string} subject @param {unknown} body @returns {Promise<any>} the answer to a request of the API */
  async ask(subject, body) {
    const text = body === null ? "" : JSON.stringify(body);
    /** @type {Promise<string>} */
    const answer = new Promise((resolve) => (this.#answered = resolve));
    this.#socket.write(`PUB $JS.API.${subject} _INBOX.tests ${Buffer.byteLength(text)}\r\n${text}\r\n`);
    return JSON.parse(await answer);
  }

  close() {
    this.#socket.destroy();
  }

  /** @param {Buffer} bytes */
  #take(bytes) {
    this.#read = Buffer.concat([this.#read, bytes]);
    for (let end = this.#read.indexOf("\r\n"); end >= 0; end = this.#read.indexOf("\r\n")) {
      const line = this.#read.subarray(0, end).toString();
      if (line === "PING") this.#socket.write("PONG\r\n");
      let after = end + 2;
      if (line.startsWith("MSG ")) {
        const length = Number(line.split(" ").at(-1));
        if (this.#read.length < after + length + 2) return;
        this.#answered?.(this.#read.subarray(after, after + length).toString());
        after += length + 2;
      }
      this.#read = this.#read.subarray(after);
    }
  }
}
