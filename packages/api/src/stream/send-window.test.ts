import { expect, test } from "vitest";
import { SendWindow } from "./send-window.ts";

/** Whether another message may be sent, as far as is known in this turn. */
async function hasRoom(added: Promise<void>): Promise<boolean> {
  const full = Promise.resolve().then(() => new Promise<boolean>((resolve) => setImmediate(resolve, false)));
  return Promise.race([added.then(() => true), full]);
}

test("a window has room for 64 small messages", async () => {
  const window = new SendWindow();
  for (let sent = 1; sent < 64; sent++) expect(await hasRoom(window.add(10))).toBe(true);
  const last = window.add(10);
  expect(await hasRoom(last)).toBe(false);
  window.left(1);
  expect(await hasRoom(last)).toBe(true);
});

test("a window has room for 64 KiB, and for one message that is larger", async () => {
  const window = new SendWindow();
  const large = window.add(1 << 20);
  expect(await hasRoom(large)).toBe(false);
  window.left(1);
  expect(await hasRoom(large)).toBe(true);
  expect(await hasRoom(window.add(60_000))).toBe(true);
  expect(await hasRoom(window.add(60_000))).toBe(false);
  expect(window.size).toBe(120_000);
});

test("who waits for room is let go when the stream ends", async () => {
  const window = new SendWindow();
  const waiting = window.add(1 << 20).then(() => "released");
  window.open();
  expect(await waiting).toBe("released");
});
