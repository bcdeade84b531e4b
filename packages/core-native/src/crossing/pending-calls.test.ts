import { expect, test } from "vitest";
import { PendingCalls, type Settle } from "./pending-calls.ts";

const settle = (): Settle => () => undefined;

test("each of many calls is taken once by its id", () => {
  const calls = new PendingCalls();
  const settles = Array.from({ length: 300 }, settle);
  const ids = settles.map((each) => calls.add(each));
  expect(new Set(ids).size).toBe(300);
  const taken = ids.toReversed().map((id) => calls.take(id));
  expect(taken).toEqual(settles.toReversed());
  expect(ids.map((id) => calls.take(id))).toEqual(ids.map(() => undefined));
});

test("a late answer does not reach the call that has the slot now", () => {
  const calls = new PendingCalls();
  const first = calls.add(settle());
  calls.take(first);
  const next = settle();
  const second = calls.add(next);
  expect(second).not.toBe(first);
  expect(calls.take(first)).toBeUndefined();
  expect(calls.take(second)).toBe(next);
});

test("an id is an i32 however often its slot was used", () => {
  const calls = new PendingCalls();
  for (let round = 0; round < 3000; round++) {
    const each = settle();
    const id = calls.add(each);
    expect(id).toBe(id | 0);
    expect(calls.take(id)).toBe(each);
  }
});

test("an id that was never given finds nothing", () => {
  expect(new PendingCalls().take(1)).toBeUndefined();
});
