import { expect, test } from "vitest";
import { parseStatus, wakeUpsBetween } from "./wake-ups.mjs";

test("a thread's name and its waits are read", () => {
  const text =
    "Name:\ttwinloop-io-0\nState:\tS (sleeping)\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n";
  expect(parseStatus(text)).toEqual({ name: "twinloop-io-0", count: 12 });
});

test("threads of one name are counted together, and those that slept are left out", () => {
  const thread = (name, count) => ({ name, count });
  const before = new Map([
    [1, thread("node", 10)],
    [2, thread("io", 5)],
    [3, thread("io", 7)],
  ]);
  const after = new Map([
    [1, thread("node", 10)],
    [2, thread("io", 8)],
    [3, thread("io", 8)],
    [4, thread("io", 2)],
  ]);
  expect(wakeUpsBetween(before, after, 2)).toEqual({ io: 3 });
});
