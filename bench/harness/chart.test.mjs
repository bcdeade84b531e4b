import { expect, test } from "vitest";
import { chart, groupsOf } from "./chart.mjs";

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

test("draws every bar from zero and on one scale", () => {
  const widths = [...chart(groupsOf(summaries)).matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  );
  expect(widths).toEqual([51, 510]);
});
