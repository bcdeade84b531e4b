import { expect, test, vi } from "vitest";
import { makeResponse, type AnswerOwner } from "./raw-response.ts";

const nextTick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

function makeAnswer(): Pick<ReturnType<typeof makeResponse>, "response" | "sink"> {
  const ignore = (): void => undefined;
  const outbox = { begin: ignore, piece: ignore, pieceBlob: ignore, end: ignore };
  const owner = { port: { outbox }, id: 1, touch: ignore, over: ignore } as unknown as AnswerOwner;
  const request = { method: "GET", httpVersionMajor: 1, httpVersionMinor: 1 };
  return makeResponse(request as never, { cork: ignore, uncork: ignore } as never, owner);
}

test("each piece counts until it has left, and the last that lets a writer go on calls drain", async () => {
  const { response, sink } = makeAnswer();
  const drained = vi.fn<() => void>();
  response.on("drain", drained);
  expect(response.write("a".repeat(40_000))).toBe(true);
  await nextTick();
  expect(response.write("b".repeat(40_000))).toBe(false);
  await nextTick();
  sink.credit(1);
  expect(drained).toHaveBeenCalledTimes(1);
  expect(response.write("c".repeat(20_000))).toBe(true);
  await nextTick();
  sink.credit(2);
  expect(response.write("d".repeat(60_000))).toBe(true);
});

test("what a piece costs does not grow with those that are on their way", async () => {
  const { response } = makeAnswer();
  const timeOf = async (pieces: number): Promise<number> => {
    const began = performance.now();
    for (let piece = 0; piece < pieces; piece++) {
      response.write("x");
      await nextTick();
    }
    return performance.now() - began;
  };
  const first = await timeOf(10_000);
  await timeOf(20_000);
  expect(await timeOf(10_000)).toBeLessThan(first * 4 + 100);
}, 60_000);
