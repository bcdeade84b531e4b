import { expect, test } from "vitest";
import { chart, groupsOf } from "./chart.mjs";
import { sourceLine } from "./svg.mjs";

const summaries = [
  {
    workload: "hello",
    servers: [
      { server: "express", cpuMicros: 80 },
      { server: "twinloop", cpuMicros: 8 },
      { server: "fastify", cpuMicros: null },
    ],
  },
  { workload: "timer", servers: [{ server: "twinloop", cpuMicros: 9 }] },
];

test("draws the workloads it knows, the cheapest server first, and none that was not measured", () => {
  const bars = [
    { server: "twinloop", micros: 8 },
    { server: "express", micros: 80 },
  ];
  expect(groupsOf(summaries)).toEqual([{ title: "GET, no input", bars }]);
});

test("draws every bar from zero and on one scale, with how many times Twinloop's it is", () => {
  const drawn = chart(groupsOf(summaries), "here");
  const widths = [...drawn.matchAll(/<rect class="bar" [^>]*width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  );
  expect(widths).toEqual([43.2, 432]);
  expect([...drawn.matchAll(/class="times"[^>]*>([^<]*)/g)].map(([, times]) => times)).toEqual(["10x"]);
});

test("lays groups beside each other, each on its own scale", () => {
  const group = (/** @type {string} */ title, /** @type {number} */ micros) => ({
    title,
    bars: [{ server: "twinloop", micros }],
  });
  const groups = [group("one", 10), group("two", 1_000), group("three", 1)];
  const drawn = chart(groups, "here", { workloads: [], columns: 2, shared: false });
  const bars = [...drawn.matchAll(/<rect class="bar" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/g)];
  expect(bars.map(([, x, y, width]) => [x, y, width].map(Number))).toEqual([
    [170, 76, 222],
    [690, 76, 222],
    [170, 150, 222],
  ]);
});

test("says in words what it shows, and where it is from", () => {
  const machine = {
    processor: 'A "fast" one',
    cores: 2,
    memoryGib: 8,
    system: "linux",
    loadAverage: 0,
    commit: "",
    versions: { node: "20.19.0" },
  };
  const drawn = chart(groupsOf(summaries), sourceLine(machine, "2026-01-02T03:04:05.000Z"));
  expect(drawn).toContain("GET, no input: Twinloop 8.0, Express + zod 80.0");
  expect(drawn).toContain("npm run bench, 2026-01-02: A &quot;fast&quot; one, 2 cores, Node 20.19.0");
});
