import { connect } from "node:net";
import { readMemory } from "./process-counters.mjs";

const AT_ONCE = 50;
const HEAD = "GET /hello HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";

/**
 * Open connections that have sent one request and then stay silent.
 *
 * @typedef {{ kibEach: number | null, open: () => number, close: () => void }} IdleConnections
 */

/**
 * Opens connections, sends one request on each, and measures their cost in the server's memory.
 *
 * Shape:  `kibEach` is the growth of its resident memory over their number; null where the system does not tell. `open` counts those
 *         that the server has not closed.
 *
 * @param {{ pid: number, port: number }} server
 * @param {number} count
 * @returns {Promise<IdleConnections>}
 */
export async function openIdleConnections({ pid, port }, count) {
  const before = readMemory(pid);
  /** @type {import("node:net").Socket[]} */
  const sockets = [];
  while (sockets.length < count) {
    const more = Math.min(AT_ONCE, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: more }, () => openOne(port)))));
  }
  const after = readMemory(pid);
  const kibEach = before === undefined || after === undefined ? null : (after - before) / 1024 / count;
  return {
    kibEach,
    open: () => sockets.filter((socket) => !socket.closed && !socket.readableEnded).length,
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
}

/** @param {number} port @returns {Promise<import("node:net").Socket>} once it has been answered */
function openOne(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(HEAD));
    socket.once("error", reject);
    socket.once("data", () => resolve(socket));
  });
}
