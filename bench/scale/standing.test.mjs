import { expect, test } from "vitest";
import { showStanding } from "./standing.mjs";

const stand = { startMs: 50, startMib: 60, cpuMsPerSecond: 0.5, wakeUps: 3, threads: 9 };

test("tells what each costs over the server before it stood, and how many still stand", () => {
  const table = showStanding([{ ...stand, server: "twinloop", beforeMib: 60, memoryMib: 70, open: 1_024 }], {
    count: 1_024,
  });
  expect(table).toMatch(/still open/);
  expect(table).toMatch(/twinloop +\| +50\.0 \| +70\.0 \| +10\.0 \| +0\.50 \| +3\.00 \| +9 \| +1,024 \|/);
});

test("compares what is there from the start with the server that has none", () => {
  const nothing = [{ ...stand, server: "fastify", beforeMib: 59, memoryMib: 60, open: null }];
  const table = showStanding([{ ...stand, server: "fastify", beforeMib: 63, memoryMib: 62, open: null }], {
    count: 256,
    nothing,
  });
  expect(table).not.toMatch(/still open/);
  expect(table).toMatch(/fastify +\| +50\.0 \| +62\.0 \| +8\.00 \|/);
});

test("has no figure for each where nothing stands", () => {
  const none = { ...stand, server: "hono", beforeMib: 60, memoryMib: 60, open: null };
  expect(showStanding([none], { count: 0 })).toMatch(/hono +\| +50\.0 \| +60\.0 \| +- \|/);
});
