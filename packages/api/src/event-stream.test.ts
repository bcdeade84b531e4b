import { expect, test } from "vitest";
import { CreditWindow } from "./event-stream.ts";

/** Whether the window has room, as far as is known in this turn. */
async function hasRoom(window: CreditWindow): Promise<boolean> {
  const full = Promise.resolve().then(() => new Promise<boolean>((resolve) => setImmediate(resolve, false)));
  return Promise.race([window.room().then(() => true), full]);
}

test("a window has room for 64 small events", async () => {
  const window = new CreditWindow();
  for (let sent = 0; sent < 64; sent++) {
    expect(await hasRoom(window)).toBe(true);
    window.add(10);
  }
  expect(await hasRoom(window)).toBe(false);
  window.left(1);
  expect(await hasRoom(window)).toBe(true);
});

test("a window has room for 64 KiB, and for one event that is larger", async () => {
  const window = new CreditWindow();
  window.add(1 << 20);
  expect(await hasRoom(window)).toBe(false);
  window.left(1);
  expect(await hasRoom(window)).toBe(true);
  window.add(60_000);
  expect(await hasRoom(window)).toBe(true);
  window.add(60_000);
  expect(await hasRoom(window)).toBe(false);
});

test("who waits for room is let go when the stream ends", async () => {
  const window = new CreditWindow();
  window.add(1 << 20);
  const waiting = window.room().then(() => "released");
  window.open();
  expect(await waiting).toBe("released");
});
