/**
 * `COPY` between the app and the server, with the rows as a stream.
 *
 * Order of a `copyIn`: open (the server answers that it is ready for data), one `copyWrite` for each 64 KiB, and an
 * end with `true` (commit what was sent) or `false` (the server discards it). A `copyOut` reads piece by piece; a
 * reader that stops early ends it with `false`. While it is open, a `COPY` occupies a connection alone. Source:
 * PostgreSQL, "COPY Operations" in "Message Flow".
 */
import { SQLError } from "../error.ts";
import { call, native, Operation } from "../native.ts";
import { milliseconds } from "./query-options.ts";
import type { Place } from "./place.ts";
import { toText } from "../argument/text.ts";
import { traceComment } from "./trace-comment.ts";
import { kindOf, reading } from "../argument/unreadable.ts";

/** The input of a `COPY … FROM STDIN`: pieces of its text or bytes, split anywhere. */
export type CopySource = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** The size in bytes up to which small pieces are gathered. */
const PIECE_BYTES = 64 * 1024;

/** Opens a `COPY` and returns the handle by which its pieces are written or read. */
async function open(operation: number, place: Place, text: string): Promise<number> {
  const pool = place.pool ?? (await place.open());
  const timeout = milliseconds("queryTimeout", place.queryTimeout);
  const comment = place.traceComments ? (traceComment() ?? "") : "";
  const rest = `${timeout},${JSON.stringify(toText("the text of a COPY", text) + comment)}]`;
  const { session } = place;
  const turn = session === 0 ? 0 : place.nextTurn();
  return Number(await call(operation, `[[${pool},${session},${turn}],${rest}`));
}

/** Runs a `COPY … FROM STDIN` and returns the number of rows; none is stored when `source` or the server fails. */
export async function copyIn(place: Place, text: string, source: CopySource): Promise<number> {
  const pieces = reading("the source of a COPY", () => iterated(source));
  const handle = await open(Operation.copyIn, place, text);
  try {
    for await (const piece of gathered(pieces)) {
      await call(Operation.copyWrite, `[${handle},${native.putBlob(piece)}]`);
    }
  } catch (error) {
    await call(Operation.copyEnd, `[${handle},false]`).catch(() => undefined);
    throw error;
  }
  return Number(await call(Operation.copyEnd, `[${handle},true]`));
}

/** Creates the source's iterator, so that an error it throws is reported before anything is sent. */
function iterated(source: CopySource): CopySource {
  const isObject = typeof source === "object" && source !== null;
  if (isObject && Symbol.asyncIterator in source) {
    const iterator = source[Symbol.asyncIterator]();
    return { [Symbol.asyncIterator]: () => iterator };
  }
  if (typeof source === "string" || (isObject && Symbol.iterator in source)) {
    const iterator = source[Symbol.iterator]();
    return { [Symbol.iterator]: () => iterator };
  }
  const message = "copyIn takes an iterable of texts or bytes: an array of them, a stream, a generator";
  throw new SQLError("invalid_parameter", message);
}

/** Joins small pieces, so that a generator of single rows does not cross to Rust once for each row. */
async function* gathered(source: CopySource): AsyncGenerator<Buffer, void, undefined> {
  const heap = new Heap();
  if (Symbol.asyncIterator in source) {
    for await (const piece of source) if (heap.add(piece)) yield heap.take();
  } else {
    // Pieces of a synchronous source are not awaited: a promise among them is refused.
    for (const piece of source) if (heap.add(piece)) yield heap.take();
  }
  if (!heap.isEmpty) yield heap.take();
}

/** Gathers pieces that are sent together. */
class Heap {
  #pieces: Buffer[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Adds a piece; returns `true` when enough is gathered to send. */
  add(piece: unknown): boolean {
    const bytes = reading("a piece of a COPY", () => toBytes(piece));
    this.#pieces.push(bytes);
    this.#bytes += bytes.byteLength;
    return this.#bytes >= PIECE_BYTES;
  }

  /** Takes what was gathered and begins anew. */
  take(): Buffer {
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    return all;
  }
}

/** The bytes of a piece; texts are encoded as UTF-8. Errors: `invalid_parameter` for anything else. */
function toBytes(piece: unknown): Buffer {
  if (typeof piece === "string") return Buffer.from(piece);
  // Fails for a proxy of bytes here, not where the pieces are joined.
  if (piece instanceof Uint8Array) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  throw new SQLError("invalid_parameter", `a piece of a COPY is a text or bytes, not ${kindOf(piece)}`);
}

/** Runs a `COPY … TO STDOUT` and yields the server's data in pieces of whole rows, as the reader asks for them. */
export async function* copyOut(place: Place, text: string): AsyncGenerator<Buffer, void, undefined> {
  const handle = await open(Operation.copyOut, place, text);
  let ended = false;
  try {
    for (;;) {
      const blob = await call(Operation.copyRead, String(handle));
      ended = blob === "";
      if (ended) return;
      yield native.takeBlob(Number(blob));
    }
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    if (!ended) await call(Operation.copyEnd, `[${handle},false]`).catch(() => undefined);
  }
}
