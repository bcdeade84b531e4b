import { expect, test } from "vitest";
import { addCall, readHistory, type PastCall } from "./call-history.ts";

const PAST: PastCall = {
  atMs: 1,
  endpoint: "links.create",
  call: {
    method: "POST",
    path: "/links",
    headers: { authorization: "Bearer x", "x-api-key": "y", a: "1" },
    body: "{}",
  },
  status: 200,
  durationMs: 3,
  traceId: "t",
};

test("a call is kept without what lets its reader in", () => {
  expect(addCall([], PAST)[0]?.call.headers).toEqual({ a: "1" });
});

test("the newest calls are kept, and of long bodies none", () => {
  let history: readonly PastCall[] = [];
  for (let atMs = 0; atMs < 60; atMs += 1) history = addCall(history, { ...PAST, atMs });
  expect([history.length, history[0]?.atMs]).toEqual([50, 59]);
  const long = { ...PAST, call: { ...PAST.call, body: "x".repeat(9000) } };
  expect(addCall([], long)[0]?.call.body).toBeNull();
});

test("a history is read as it was kept, and nothing else", () => {
  const kept = addCall([], PAST);
  expect(readHistory(JSON.stringify(kept))).toEqual(kept);
  for (const odd of [null, "", "{", "{}", '[{"atMs":1}]', "[null]"]) expect(readHistory(odd)).toEqual([]);
});
