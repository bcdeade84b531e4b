import { expect, test } from "vitest";
import { contendersOf, judgeFlat, panelOf, showPanel } from "./cost.mjs";

const server = (/** @type {string} */ name) => /** @type {any} */ ({ name });
const points = ["twinloop", "express"].flatMap((name) =>
  ["1", "300"].map((step) => ({
    server: server(name),
    command: [name, step],
    step,
    variant: { target: `/${step}` },
  })),
);
const workload = /** @type {any} */ ({ name: "endpoints", target: "/" });

/** @param {Record<string, number>} micros */
const rounds = (micros) => ({
  workload: "endpoints",
  measurements: new Map(
    Object.entries(micros).map(([name, cpuMicros]) => [name, [/** @type {any} */ ({ cpuMicros })]]),
  ),
});

test("gives each step of each server a name and a request of its own", () => {
  const made = contendersOf(points, workload);
  expect(made.contenders.map((each) => each.server.name)).toEqual([
    "twinloop, 1",
    "twinloop, 300",
    "express, 1",
    "express, 300",
  ]);
  expect(made.workload.on["express, 300"]).toEqual({ target: "/300" });
});

test("puts the medians of each server on a line of its own", () => {
  const panel = panelOf(
    "endpoints",
    points,
    rounds({ "twinloop, 1": 8, "twinloop, 300": 8.4, "express, 1": 80 }),
  );
  expect(panel).toEqual({
    title: "endpoints",
    steps: ["1", "300"],
    lines: [
      { server: "twinloop", values: [8, 8.4] },
      { server: "express", values: [80, null] },
    ],
  });
  expect(showPanel(panel)).toMatch(/express +\| +80\.0 \| +- \|/);
});

test("holds our line to being flat", () => {
  const panel = (/** @type {number[]} */ values) => ({
    title: "endpoints",
    steps: [],
    lines: [{ server: "twinloop", values }],
  });
  expect(judgeFlat(panel([8, 8.8, 8.4]))).toMatchObject({ met: true });
  expect(judgeFlat(panel([8, 12]))).toMatchObject({ met: false, measured: 1.5 });
  expect(judgeFlat(panel([8]))).toMatchObject({ met: null });
});
