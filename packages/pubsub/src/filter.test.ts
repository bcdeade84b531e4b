import { expect, test } from "vitest";
import { readFilter } from "./filter.ts";

test("a filter is written as lists of conditions, its plain values together", () => {
  const { filter, faults } = readFilter({
    region: "eu",
    size: ["s", { prefix: "x" }, null, { not: "xl" }],
    cents: { gte: 100, lt: undefined },
    left: undefined,
  });
  expect(faults).toEqual([]);
  expect(filter).toEqual({
    region: [{ is: ["eu"] }],
    size: [{ is: ["s", null] }, { prefix: "x" }, { not: ["xl"] }],
    cents: [{ gte: 100 }],
  });
  expect(readFilter(undefined)).toEqual({ filter: null, faults: [] });
});

test.each([
  ["eu", 'filter is "eu"'],
  [[{ region: "eu" }], "filter is"],
  [{ region: [] }, "filter.region is an empty list"],
  [{ region: new Date(0) }, "filter.region is"],
  [{ region: Number.NaN }, "filter.region is NaN"],
  [{ region: {} }, "filter.region has no operator"],
  [{ region: { like: "e" } }, "filter.region has no operator like"],
  [{ region: { prefx: "e" } }, "filter.region has no operator prefx"],
  [{ region: { prefix: 1 } }, "filter.region.prefix is 1"],
  [{ region: { gt: "1" } }, 'filter.region.gt is "1"'],
  [{ region: { exists: "yes" } }, 'filter.region.exists is "yes"'],
  [{ region: { not: [{}] } }, "filter.region.not is"],
  [{ region: ["eu", { like: "e" }] }, "filter.region has no operator like"],
])("%j is refused with a hint", (given, what) => {
  const { faults } = readFilter(given);
  expect(faults[0]?.what).toContain(what);
  expect(faults[0]?.hint).toMatch(/\.$|\?$/);
});
