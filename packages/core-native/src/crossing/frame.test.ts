import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as frame from "./frame.ts";

const contract = JSON.parse(
  readFileSync(new URL("../../../../contract/frames.json", import.meta.url), "utf8"),
);

function lowerFirst(numbers: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, n]) => [name[0]!.toLowerCase() + name.slice(1), n]),
  );
}

test("the numbers are those of the contract", () => {
  expect(frame.ABI).toBe(contract.abi);
  expect(frame.ITEM_INTS).toBe(contract.item.ints);
  expect(frame.NO_JOB >>> 0).toBe(contract.noJob);
  expect(frame.OUTBOX_INTS).toBe(contract.outbox.ints);
  expect(lowerFirst(frame.Kind)).toEqual(contract.kinds);
  expect(lowerFirst(frame.PieceForm)).toEqual(contract.pieces);
  expect(lowerFirst(frame.Flag)).toEqual(contract.flags);
  expect(lowerFirst(frame.AbortReason)).toEqual(contract.abortReasons);
});

test("outgoing kinds carry their number of segments", () => {
  for (const [name, bits] of Object.entries(lowerFirst(frame.Outgoing))) {
    expect(bits & 0xff).toBe(contract.outgoing[name]);
    expect(bits >> 8).toBe(contract.segments[name]);
  }
});
