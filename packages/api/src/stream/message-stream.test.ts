import { expect, test } from "vitest";
import type { Port } from "@twinloop/core-native/internal";
import { MessageStream } from "./message-stream.ts";

test("the send that makes a client too slow is told of the end, as those after it", async () => {
  const sent: string[] = [];
  const ignore = (): void => undefined;
  const outbox = {
    ...{ begin: ignore, piece: ignore, pieceBlob: ignore, end: ignore, pull: ignore },
    control: (_id: number, text: string) => void sent.push(text),
  };
  const port = { outbox, flows: { open: ignore, close: ignore } } as unknown as Port;
  const stream = new MessageStream(port, 1, { isRaw: true, serialize: String }, ignore);
  const outcome = (promise: Promise<void>): Promise<unknown> =>
    Promise.race([
      promise.then(
        () => "settled",
        (error: { code: string }) => error.code,
      ),
      new Promise((resolve) => setTimeout(resolve, 100, "pending")),
    ]);
  const first = stream.send(new Uint8Array((16 << 20) + 1));
  const tripping = stream.send(new Uint8Array(1));
  const later = stream.send(new Uint8Array(1));
  expect(await Promise.all([first, tripping, later].map(outcome))).toEqual([
    "settled",
    "canceled",
    "canceled",
  ]);
  expect(sent).toEqual(['{"code":1008,"reason":"the client reads too slowly"}']);
});
