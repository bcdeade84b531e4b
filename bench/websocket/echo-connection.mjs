import { randomBytes } from "node:crypto";
import { connect } from "node:net";

const TEXT = 0x81;

/**
 * A connection to an echo. Its frames are its own, and written once: a client library would cost more than some servers.
 *
 * @typedef {{ exchange: () => Promise<string>, isOpen: () => boolean, close: () => void }} EchoConnection
 */

/**
 * Opens a WebSocket that sends one message again and again.
 *
 * Errors: an `Error` when the server does not upgrade the connection, closes it, or sends anything but text frames.
 *
 * @param {URL} url `http:`
 * @param {string} message
 * @returns {Promise<EchoConnection>}
 */
export async function openEcho(url, message) {
  const socket = connect(Number(url.port), url.hostname).setNoDelay(true);
  const sent = frame(message);
  let received = Buffer.alloc(0);
  /** @type {(() => void) | undefined} */
  let wake;
  /** @type {Error | undefined} */
  let failure;
  const fail = (/** @type {Error} */ error) => {
    failure ??= error;
    wake?.();
  };
  socket.on("data", (bytes) => {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
    wake?.();
  });
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the server has closed the connection")));

  /** @template T @param {() => T | undefined} read @returns {Promise<T>} */
  async function until(read) {
    for (;;) {
      const found = read();
      if (found !== undefined) return found;
      if (failure !== undefined) throw failure;
      await new Promise((resolve) => (wake = () => resolve(undefined)));
    }
  }

  socket.write(
    `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
  );
  const head = await until(() => {
    const at = received.indexOf("\r\n\r\n");
    if (at < 0) return undefined;
    const text = received.toString("latin1", 0, at);
    received = received.subarray(at + 4);
    return text;
  });
  if (!head.startsWith("HTTP/1.1 101")) throw new Error(`the server did not upgrade: ${head.slice(0, 100)}`);
  return {
    exchange: () => {
      socket.write(sent);
      return until(() => {
        const read = readFrame(received);
        if (read === undefined) return undefined;
        received = received.subarray(read.end);
        return read.text;
      });
    },
    isOpen: () => failure === undefined,
    close: () => socket.destroy(),
  };
}

/** A client's text frame, masked. @param {string} message */
function frame(message) {
  const payload = Buffer.from(message);
  const mask = randomBytes(4);
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 4 : 2);
  head[0] = TEXT;
  head[1] = 0x80 | (long ? 126 : payload.length);
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/**
 * Reads a server's text frame of less than 64 KiB; undefined while it is incomplete.
 *
 * @param {Buffer} bytes
 */
export function readFrame(bytes) {
  if (bytes.length < 2) return undefined;
  if (bytes[0] !== TEXT) throw new Error(`a frame begins with ${bytes[0]}`);
  const long = bytes[1] === 126;
  if (long && bytes.length < 4) return undefined;
  const start = long ? 4 : 2;
  const end = start + (long ? bytes.readUInt16BE(2) : (bytes[1] ?? 0));
  return bytes.length < end ? undefined : { text: bytes.toString("utf8", start, end), end };
}
