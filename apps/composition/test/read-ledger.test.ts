import { expect, test } from "vitest";
import { readLedger } from "./ledger.ts";

const AT = 1_700_000_000_000;

function ledger(...lines: string[]): string {
  return lines.map((line) => line.replace(/\+(\d+)$/, (_, ms: string) => String(AT + Number(ms)))).join("\n");
}

test("a message that was confirmed and handled once has cost nothing", () => {
  const text = ledger("published a 0 +1", "began a 1 +2", "ended a 1 +3", "killed +9000");
  expect(readLedger(text)).toEqual({
    kills: 1,
    published: 1,
    lost: [],
    whileRunning: 0,
    whileSettling: 0,
    longestSettlingMs: 0,
    settled: 1,
    unexplained: [],
    uncounted: [],
  });
});

test("a message that was confirmed and never finished is lost", () => {
  const text = ledger("published a 0 +1", "published b 0 +1", "began b 1 +2", "killed +3");
  expect(readLedger(text).lost).toEqual(["a", "b"]);
});

test("what a killed handler had begun may be begun again, with its attempt counted", () => {
  const text = ledger("began a 1 +2", "killed +3", "began a 2 +4", "ended a 2 +5");
  expect(readLedger(text)).toMatchObject({ whileRunning: 1, unexplained: [], uncounted: [] });
  const again = ledger("began a 1 +2", "killed +3", "began a 1 +4");
  expect(readLedger(again).uncounted).toEqual(["a"]);
});

test("what had ended just before the kill may be begun again, what ended long before may not", () => {
  const text = ledger("began a 1 +2", "ended a 1 +3", "killed +303", "began a 2 +1100");
  expect(readLedger(text)).toMatchObject({ whileSettling: 1, longestSettlingMs: 300, unexplained: [] });
  const late = ledger("began a 1 +2", "ended a 1 +3", "killed +9000", "began a 2 +9100");
  expect(readLedger(late).unexplained).toEqual(["a"]);
});

test("what is begun twice by one process is not explained by a kill", () => {
  const text = ledger("began a 1 +2", "ended a 1 +3", "began a 2 +4");
  expect(readLedger(text).unexplained).toEqual(["a"]);
});

test("a last line that was cut short says nothing", () => {
  const text = ledger(
    "published a 0 +1",
    "began a 1 170000",
    "",
    "killed +9",
    "began a 1 +10",
    "ended a 1 +11",
  );
  expect(readLedger(text)).toMatchObject({ lost: [], uncounted: [], unexplained: [] });
});
