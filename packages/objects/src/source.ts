import { isUint8Array } from "node:util/types";
import { invalid } from "./error.ts";

/** What an object is uploaded from: bytes, a text (as UTF-8), or a stream of them, cut anywhere. */
export type UploadSource =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>;

/** Small pieces are gathered into ones of this many bytes, and larger ones are cut. */
const PIECE_BYTES = 256 * 1024;

const FORMS = "give a text, bytes, a Blob, or a stream or other iterable of texts or bytes";

/** The bytes of a source that is in memory as a whole; `undefined` for a stream. */
export function wholeBytes(source: UploadSource): Buffer | undefined {
  if (typeof source === "string") return Buffer.from(source);
  if (isUint8Array(source)) return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return source instanceof ArrayBuffer ? Buffer.from(source) : undefined;
}

/** The pieces of a source, each of at most 256 KiB and all but the last of exactly so many bytes. */
export async function* piecesOf(source: UploadSource): AsyncGenerator<Buffer, void, undefined> {
  const gathered: Buffer[] = [];
  let length = 0;
  for await (const piece of iterable(source)) {
    for (const bytes of cut(toBytes(piece), PIECE_BYTES - length)) {
      gathered.push(bytes);
      length += bytes.byteLength;
      if (length < PIECE_BYTES) continue;
      yield Buffer.concat(gathered.splice(0));
      length = 0;
    }
  }
  if (length > 0) yield Buffer.concat(gathered);
}

/** Cuts bytes into a first part and parts of a whole piece each. */
function* cut(bytes: Buffer, first: number): Generator<Buffer, void, undefined> {
  for (let from = 0, room = first; from < bytes.byteLength; from += room, room = PIECE_BYTES) {
    yield bytes.subarray(from, from + room);
  }
}

function iterable(source: UploadSource): AsyncIterable<unknown> | Iterable<unknown> {
  const whole = wholeBytes(source);
  if (whole !== undefined) return [whole];
  if (source instanceof Blob) return source.stream() as unknown as AsyncIterable<unknown>;
  const isObject = typeof source === "object" && source !== null;
  if (isObject && (Symbol.asyncIterator in source || Symbol.iterator in source)) {
    return source as AsyncIterable<unknown>;
  }
  throw invalid(`${kindOf(source)} cannot be uploaded: ${FORMS}`);
}

function toBytes(piece: unknown): Buffer {
  const whole = wholeBytes(piece as UploadSource);
  if (whole !== undefined) return whole;
  throw invalid(`a stream to upload gave ${kindOf(piece)}: ${FORMS}`);
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : `a value of the kind ${typeof value}`;
}
