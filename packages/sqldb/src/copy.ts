import { call, Operation, putBlob, takeBlob } from "./native.ts";
import type { Place } from "./queryable.ts";

/** What a `COPY … FROM STDIN` is fed with: pieces of its text or bytes, cut anywhere. */
export type CopySource = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** Small pieces are gathered into ones of this many bytes. */
const PIECE_BYTES = 64 * 1024;

async function open(operation: number, place: Place, text: string): Promise<number> {
  const pool = place.pool ?? (await place.open());
  const turn = place.session === 0 ? 0 : place.nextTurn();
  return Number(await call(operation, JSON.stringify([pool, place.session, turn, place.queryTimeout, text])));
}

/** Runs a `COPY … FROM STDIN` and gives the number of rows; nothing is kept when `source` or the server fails. */
export async function copyIn(place: Place, text: string, source: CopySource): Promise<number> {
  const handle = await open(Operation.copyIn, place, text);
  try {
    for await (const piece of gathered(source)) {
      await call(Operation.copyWrite, `[${handle},${putBlob(piece)}]`);
    }
  } catch (error) {
    await call(Operation.copyEnd, `[${handle},false]`).catch(() => undefined);
    throw error;
  }
  return Number(await call(Operation.copyEnd, `[${handle},true]`));
}

async function* gathered(source: CopySource): AsyncGenerator<Buffer, void, undefined> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of source) {
    const buffer = typeof piece === "string" ? Buffer.from(piece) : piece;
    pieces.push(buffer);
    bytes += buffer.byteLength;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(pieces);
}

/** Runs a `COPY … TO STDOUT` and yields what the server sends, in pieces of whole rows, as they are asked for. */
export async function* copyOut(place: Place, text: string): AsyncGenerator<Buffer, void, undefined> {
  const handle = await open(Operation.copyOut, place, text);
  let ended = false;
  try {
    for (;;) {
      const blob = await call(Operation.copyRead, String(handle));
      ended = blob === "";
      if (ended) return;
      yield takeBlob(Number(blob));
    }
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    if (!ended) await call(Operation.copyEnd, `[${handle},false]`).catch(() => undefined);
  }
}
