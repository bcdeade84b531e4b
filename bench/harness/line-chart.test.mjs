import { expect, test } from "vitest";
import { lineChart, niceTop } from "./line-chart.mjs";

const panels = [
  {
    title: "endpoints",
    steps: ["1", "3,000"],
    lines: [
      { server: "twinloop", values: [8, 8.5] },
      { server: "express", values: [80, null] },
    ],
  },
];

test("takes a scale that ends at a round number", () => {
  expect([0.3, 1, 8, 11, 49, 50, 51, 700].map(niceTop)).toEqual([0.5, 1, 10, 20, 50, 50, 100, 1000]);
});

test("draws a point for each figure, and none where nothing was measured", () => {
  const drawn = lineChart(panels, "here");
  const [own = "", other = ""] = [...drawn.matchAll(/points="([^"]*)"/g)].map(([, points = ""]) => points);
  expect(own.split(" ")).toHaveLength(2);
  expect(other.split(" ")).toHaveLength(1);
  expect(drawn.match(/<circle/g)).toHaveLength(3);
});

test("stands a line higher where a request costs more, from zero", () => {
  const drawn = lineChart(panels, "here");
  const [first = "", second = ""] = (/points="([^"]*)"/.exec(drawn)?.[1] ?? "").split(" ");
  const y = (/** @type {string} */ point) => Number(point.split(",")[1]);
  expect(y(second)).toBeLessThan(y(first));
  // 180 pixels high, from 0 to 100.
  expect(y(first) - y(second)).toBeCloseTo(0.9, 1);
});

test("says in words what it shows", () => {
  expect(lineChart(panels, "here")).toContain(
    "endpoints: Twinloop 1: 8.0, 3,000: 8.5; Express + zod 1: 80.0, 3,000: -",
  );
});
