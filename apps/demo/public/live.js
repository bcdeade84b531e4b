/**
 * Counts as they change, told by the server (`GET /live`, server-sent events).
 *
 * @typedef {{ slug: string, clicks: number }} Count
 */

/**
 * Listens until the page is left; the browser connects again by itself.
 *
 * @param {object} heard
 * @param {() => void} heard.onOpen counts are told from now on: what was before has to be read
 * @param {(count: Count) => void} heard.onCount
 * @param {() => void} heard.onLost nothing is told until `onOpen`
 */
export function listen({ onOpen, onCount, onLost }) {
  const events = new EventSource("/live");
  events.addEventListener("open", onOpen);
  events.addEventListener("count", ({ data }) => onCount(JSON.parse(data)));
  events.addEventListener("error", () => {
    onLost();
    // Answered, but with no stream: then the browser gives up.
    if (events.readyState !== EventSource.CLOSED) return;
    setTimeout(() => listen({ onOpen, onCount, onLost }), 2000);
  });
}
