import { expect, test } from "vitest";
import { piecesOf, wholeBytes } from "./source.ts";

const PIECE = 256 * 1024;

async function lengths(source: Parameters<typeof piecesOf>[0]): Promise<number[]> {
  const found: number[] = [];
  for await (const piece of piecesOf(source)) found.push(piece.byteLength);
  return found;
}

test("pieces are full, but for the last", async () => {
  expect(await lengths([Buffer.alloc(2 * PIECE + 1)])).toEqual([PIECE, PIECE, 1]);
  expect(await lengths([Buffer.alloc(PIECE - 1), "ab"])).toEqual([PIECE, 1]);
  expect(await lengths([])).toEqual([]);
  expect(await lengths(["", new Uint8Array(0)])).toEqual([]);
});

test("the order of the bytes stays", async () => {
  const bytes = Buffer.from(Array.from({ length: PIECE + 1_000 }, (_, at) => at % 251));
  const found: Buffer[] = [];
  const cut = [bytes.subarray(0, 10), bytes.subarray(10, PIECE + 5), bytes.subarray(PIECE + 5)];
  for await (const piece of piecesOf(cut)) found.push(piece);
  expect(Buffer.concat(found).equals(bytes)).toBe(true);
});

test("only what is in memory is whole", () => {
  expect(wholeBytes("ü")?.byteLength).toBe(2);
  expect(wholeBytes(new Uint8Array([1, 2, 3]).subarray(1))).toEqual(Buffer.from([2, 3]));
  expect(wholeBytes(new Blob(["x"]))).toBeUndefined();
  expect(wholeBytes(["x"])).toBeUndefined();
});
