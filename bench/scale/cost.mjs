import { hold } from "../harness/held-target.mjs";
import { median, valuesOf } from "../harness/statistics.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";

/** What the dearest step of Twinloop may cost, over the cheapest of the same panel. */
const FLAT = 1.15;
const SUBJECT = "twinloop";

/**
 * One server at one step of what grows.
 *
 * @typedef {{ server: import("../harness/server-list.mjs").Server, command: string[], step: string, variant: import("../harness/workload.mjs").Variant }} Point
 */

/** @param {string} server @param {string} step */
const pointName = (server, step) => `${server}, ${step}`;

/**
 * Makes contenders and a workload out of points, so that all steps of all servers are measured in turn, round by round.
 *
 * @param {readonly Point[]} points
 * @param {import("../harness/workload.mjs").Workload} workload
 */
export function contendersOf(points, workload) {
  const contenders = points.map(({ server, command, step }) => ({
    server: { ...server, name: pointName(server.name, step) },
    command,
  }));
  const on = points.map(({ server, step, variant }) => [pointName(server.name, step), variant]);
  return { contenders, workload: { ...workload, on: Object.fromEntries(on) } };
}

/**
 * Makes a panel of the chart out of what was measured.
 *
 * @param {string} title
 * @param {readonly Point[]} points
 * @param {import("../harness/rounds.mjs").WorkloadRounds} rounds
 * @returns {import("../harness/line-chart.mjs").Panel}
 */
export function panelOf(title, points, { measurements }) {
  const steps = [...new Set(points.map(({ step }) => step))];
  const names = [...new Set(points.map(({ server }) => server.name))];
  const lines = names.map((server) => ({
    server,
    values: steps.map((step) =>
      median(valuesOf(measurements.get(pointName(server, step)) ?? [], "cpuMicros")),
    ),
  }));
  return { title, steps, lines };
}

/**
 * Holds Twinloop's line to being flat.
 *
 * @param {import("../harness/line-chart.mjs").Panel} panel
 * @returns {import("../harness/held-target.mjs").HeldTarget}
 */
export function judgeFlat({ title, lines }) {
  const own = lines.find(({ server }) => server === SUBJECT)?.values ?? [];
  const values = own.filter((value) => value !== null);
  const measured = values.length < 2 ? null : Math.max(...values) / Math.min(...values);
  return hold({
    workload: title,
    claim: "the dearest step over the cheapest",
    target: FLAT,
    unit: "x",
    measured,
  });
}

/**
 * The table of a panel: CPU µs of a request.
 *
 * @param {import("../harness/line-chart.mjs").Panel} panel
 * @returns {string}
 */
export function showPanel({ title, steps, lines }) {
  return layOutTable(
    [{ title, align: "left" }, ...steps.map((step) => ({ title: step }))],
    lines.map(({ server, values }) => [server, ...values.map((value) => showNumber(value))]),
  );
}
