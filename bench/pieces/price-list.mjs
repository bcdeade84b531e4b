import { layOutTable, showNumber } from "../harness/table.mjs";

/**
 * One thing that a product has and a prototype has not, with and without, in nanoseconds a request. `thread`: who pays.
 * `always`: every request pays, not only those of which the name says it.
 *
 * @typedef {{ name: string, thread: "I/O" | "JS", with: number, without: number, always: boolean }} Piece
 */

/** @typedef {{ name: string, with: number, without: number }} RustPiece */
/** @typedef {Record<"handler" | "awaits" | "signal" | "helloChecked" | "helloPlain" | "sumChecked" | "sumPlain", number>} Nanos */

const ALWAYS = new Set(["request id", "time limit"]);

/**
 * All pieces, in the order in which a request meets them.
 *
 * @param {readonly RustPiece[]} rust
 * @param {{ plain: Nanos, context: Nanos }} javascript without and with the async context
 * @returns {Piece[]}
 */
export function pricePieces(rust, { plain, context }) {
  /** @param {string} name @param {number} with_ @param {number} without @param {boolean} always @returns {Piece} */
  const javascript = (name, with_, without, always) => ({ name, thread: "JS", with: with_, without, always });
  return [
    ...rust.map((piece) => ({
      ...piece,
      thread: /** @type {const} */ ("I/O"),
      always: ALWAYS.has(piece.name),
    })),
    javascript("async context", context.handler, plain.handler, true),
    javascript("async context, a handler with five awaits", context.awaits, plain.awaits, false),
    javascript("ctx.signal, where a handler asks for it", context.signal, context.handler, false),
    javascript("answer checked and stripped, one field", plain.helloChecked, plain.helloPlain, true),
    javascript("answer checked and stripped, nine fields", plain.sumChecked, plain.sumPlain, false),
  ];
}

/**
 * The table of the pieces; what costs less than nothing is cheaper than what it replaces.
 *
 * @param {readonly Piece[]} pieces
 * @returns {string}
 */
export function showPieces(pieces) {
  return layOutTable(
    [
      { title: "what", align: "left" },
      { title: "thread", align: "left" },
      { title: "with, ns" },
      { title: "without" },
      { title: "costs" },
    ],
    pieces.map((piece) => [
      piece.name,
      piece.thread,
      Math.round(piece.with).toString(),
      Math.round(piece.without).toString(),
      Math.round(piece.with - piece.without).toString(),
    ]),
  );
}

/**
 * What a request would cost without what every request pays for.
 *
 * @param {readonly Piece[]} pieces
 * @param {import("../capacity/capacity.mjs").Price} price
 * @returns {import("../capacity/capacity.mjs").Price}
 */
export function withoutPieces(pieces, { javascriptMicros, ioMicros }) {
  /** @param {Piece["thread"]} thread */
  const saved = (thread) =>
    pieces
      .filter((piece) => piece.always && piece.thread === thread)
      .reduce((total, piece) => total + (piece.with - piece.without) / 1000, 0);
  return { javascriptMicros: javascriptMicros - saved("JS"), ioMicros: ioMicros - saved("I/O") };
}

/**
 * The two columns: with everything, and without.
 *
 * @param {string} workload
 * @param {import("../capacity/capacity.mjs").Price} price
 * @param {import("../capacity/capacity.mjs").Price} without
 * @returns {string}
 */
export function showColumns(workload, price, without) {
  const rows = [
    ["whole process", price.javascriptMicros + price.ioMicros, without.javascriptMicros + without.ioMicros],
    ["JS thread", price.javascriptMicros, without.javascriptMicros],
  ];
  return layOutTable(
    [{ title: `${workload}, CPU µs`, align: "left" }, { title: "with everything" }, { title: "without" }],
    rows.map(([name, ...numbers]) => [String(name), ...numbers.map((number) => showNumber(Number(number)))]),
  );
}
