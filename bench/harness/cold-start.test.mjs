import { expect, test } from "vitest";
import { showStarts } from "./cold-start.mjs";

test("shows the medians of all starts, and what the system did not tell as a dash", () => {
  const starts = new Map([
    [
      "twinloop",
      [
        { startMs: 100, cpuMs: 80, memoryMib: 60 },
        { startMs: 300, cpuMs: 90, memoryMib: 70 },
        { startMs: 200, cpuMs: 70, memoryMib: 50 },
      ],
    ],
    ["hyper", [{ startMs: 5, cpuMs: null, memoryMib: null }]],
  ]);
  const [, , twinloop, hyper] = showStarts(starts).split("\n");
  expect(twinloop).toMatch(/\| twinloop \| +200 \| 100% \| +80\.0 \| +60\.0 \|/);
  expect(hyper).toMatch(/\| hyper +\| +5\.00 \| +0% \| +- \| +- \|/);
});
