import { isDeepStrictEqual } from "node:util";

/** A message as JSON. */
export const MESSAGE_BYTES = 256;

/** From here on all numbers have the same length. */
const FIRST = 1_000_000;

/** @typedef {{ number: number, kind: string, path: string, note: string }} Message */

/** @param {number} index @param {string} note @returns {Message} */
const shape = (index, note) => ({
  number: FIRST + index,
  kind: index % 2 === 0 ? "click" : "visit",
  path: `/links/${FIRST + index}`,
  note,
});

const NOTE = "n".repeat(MESSAGE_BYTES - JSON.stringify(shape(0, "")).length);

/**
 * The message of that index, 256 bytes long as JSON.
 *
 * @param {number} index below 9,000,000
 * @returns {Message}
 */
export const message = (index) => shape(index, NOTE);

/**
 * Takes note of what is delivered: each of the messages from `first` on must come, and no other.
 *
 * Shape:  `done` resolves with the last one, and rejects, with a sentence, at one that was not published or comes twice.
 * Units:  `thorough` compares every property; otherwise the number alone, which costs as good as nothing.
 *
 * @param {number} first index
 * @param {number} count
 * @param {boolean} thorough
 */
export function roll(first, count, thorough) {
  const seen = new Uint8Array(count);
  const { promise: done, resolve, reject } = withResolvers();
  let left = count;
  /** @param {Message} delivered */
  const take = async (delivered) => {
    const index = delivered.number - FIRST;
    const place = index - first;
    if (seen[place] !== 0) return reject(new Error(surprise(delivered, index, seen[place] === 1)));
    if (thorough && !isDeepStrictEqual(delivered, message(index)))
      return reject(new Error(`a message came changed: ${excerpt(delivered)}`));
    seen[place] = 1;
    left -= 1;
    if (left === 0) resolve(undefined);
  };
  return { take, done, missing: () => left };
}

/** @param {Message} delivered @param {number} index @param {boolean} twice */
const surprise = (delivered, index, twice) =>
  twice ? `message ${index} came twice` : `a message came that was not published: ${excerpt(delivered)}`;

/** @param {unknown} value */
const excerpt = (value) => JSON.stringify(value).slice(0, 100);

/** @returns {{ promise: Promise<unknown>, resolve: (value: unknown) => void, reject: (error: Error) => void }} */
function withResolvers() {
  /** @type {any} */
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}
