/**
 * Counts as they change, told by the server over a WebSocket (`/live-counts`).
 *
 * @typedef {{ slug: string, clicks: number }} Count
 */

const RETRY_MS = 2000;

/**
 * Listens until the page is left, and connects again when the connection is lost.
 *
 * @param {object} heard
 * @param {() => void} heard.onOpen counts are told from now on: what was before has to be read
 * @param {(count: Count) => void} heard.onCount
 * @param {() => void} heard.onLost nothing is told until `onOpen`
 */
export function listen({ onOpen, onCount, onLost }) {
  const place = new URL("/live-counts", location.href);
  place.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(place);
  socket.addEventListener("open", onOpen);
  socket.addEventListener("message", ({ data }) => onCount(JSON.parse(data)));
  socket.addEventListener("close", () => {
    onLost();
    setTimeout(() => listen({ onOpen, onCount, onLost }), RETRY_MS);
  });
}
