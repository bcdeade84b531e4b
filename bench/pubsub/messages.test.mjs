import { expect, test } from "vitest";
import { message, MESSAGE_BYTES, roll } from "./messages.mjs";

test("writes messages of one length", () => {
  for (const index of [0, 1, 9, 12_345, 8_999_999]) {
    expect(JSON.stringify(message(index))).toHaveLength(MESSAGE_BYTES);
  }
});

test("is done when every message has come, in any order", async () => {
  const { take, done, missing } = roll(10, 3, true);
  for (const index of [12, 10, 11]) void take(message(index));
  await done;
  expect(missing()).toBe(0);
});

test("refuses what comes twice, changed, or from elsewhere", async () => {
  const twice = roll(0, 2, false);
  for (const index of [1, 1]) void twice.take(message(index));
  await expect(twice.done).rejects.toThrow("message 1 came twice");

  const changed = roll(0, 1, true);
  void changed.take({ ...message(0), note: "shorter" });
  await expect(changed.done).rejects.toThrow("came changed");

  const foreign = roll(5, 1, false);
  void foreign.take(message(4));
  await expect(foreign.done).rejects.toThrow("was not published");
});
