import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Problem } from "../../tools/setup/problem.mjs";
import { lineChart } from "./line-chart.mjs";
import { SUBJECT, titleOf } from "./server-titles.mjs";
import { escape, page, sourceLine } from "./svg.mjs";

/**
 * What a bar chart shows: a group of bars for each workload, from top to bottom, beside each other in `columns`. `shared`: all
 * bars are on one scale; otherwise each group has its own.
 *
 * @typedef {{ workloads: readonly { name: string, title: string }[], columns: 1 | 2, shared: boolean }} BarChart
 */

/** @type {Readonly<Record<"api" | "techempower", BarChart>>} */
const BAR_CHARTS = {
  api: {
    workloads: [
      { name: "hello", title: "GET, no input" },
      { name: "schema", title: "Validated POST" },
      { name: "reject", title: "Malformed POST" },
    ],
    columns: 1,
    shared: true,
  },
  techempower: {
    workloads: [
      { name: "json", title: "json" },
      { name: "plaintext", title: "plaintext, 16 pipelined" },
      { name: "db", title: "db: one row" },
      { name: "queries", title: "queries: 20 rows, a query each" },
      { name: "fortunes", title: "fortunes: 12 rows as a page" },
      { name: "updates", title: "updates: 20 rows read and written" },
    ],
    columns: 2,
    shared: false,
  },
};

const LIMITS = ["hyper", "axum"];
const COLUMN = { 1: 760, 2: 520 };
const LABEL = { 1: 200, 2: 170 };
const BAR = 16;
const ROW = 22;
const GAP = 42;
const HEAD = 66;
const FOOT = 22;
/** Room right of the longest bar for its number and ratio. */
const NUMBER = 128;

/**
 * One workload's bars.
 *
 * @typedef {{ title: string, bars: readonly { server: string, micros: number }[] }} Group
 */

/**
 * Draws the chart of a results file's suite: CPU time per request, of its first series that has any.
 *
 * Errors: `Problem` when the suite has no chart, or nothing that it shows was measured.
 *
 * @param {string} resultsPath of `bench/results/<date>.json`
 * @param {string} chartPath where the SVG is written
 */
export function drawChart(resultsPath, chartPath) {
  const { series, machine, date, arguments: args } = JSON.parse(readFileSync(resultsPath, "utf8"));
  const source = sourceLine(machine, date);
  const panels = series.find((/** @type {any} */ each) => each.panels)?.panels;
  const svg = panels ? lineChart(panels, source) : barsOf(args.suite, series, source);
  mkdirSync(dirname(chartPath), { recursive: true });
  writeFileSync(chartPath, svg);
}

/** @param {string} suite @param {any[]} series @param {string} source */
function barsOf(suite, series, source) {
  const layout = BAR_CHARTS[/** @type {keyof typeof BAR_CHARTS} */ (suite)];
  if (layout === undefined)
    throw new Problem(
      `There is nothing to draw of the suite ${suite}: api, techempower and the cost of scale have charts.`,
    );
  const groups = groupsOf(series.find((each) => each.summaries)?.summaries ?? [], layout);
  if (groups.length === 0) {
    const names = layout.workloads.map(({ name }) => name).join(", ");
    throw new Problem(`There is nothing to draw: the chart shows ${names}, on Linux.`);
  }
  return chart(groups, source, layout);
}

/**
 * @param {readonly { workload: string, servers: readonly { server: string, cpuMicros: number | null }[] }[]} summaries
 * @param {BarChart} [layout]
 * @returns {Group[]}
 */
export function groupsOf(summaries, { workloads } = BAR_CHARTS.api) {
  return workloads.flatMap(({ name, title }) => {
    const found = summaries.find(({ workload }) => workload === name);
    if (!found) return [];
    const bars = found.servers
      .flatMap(({ server, cpuMicros }) => (cpuMicros === null ? [] : [{ server, micros: cpuMicros }]))
      .sort((one, other) => one.micros - other.micros);
    return bars.length === 0 ? [] : [{ title, bars }];
  });
}

/**
 * Draws bars as SVG, in the colours that the reader's system asks for, on their own ground: a page may be dark where the
 * system is light.
 *
 * Units:  from zero; beside each bar its number, and how many times Twinloop's it is.
 *
 * @param {readonly Group[]} groups
 * @param {string} source the line below
 * @param {BarChart} [layout]
 * @returns {string}
 */
export function chart(groups, source, { columns, shared } = BAR_CHARTS.api) {
  const width = COLUMN[columns] * columns;
  const label = LABEL[columns];
  const longest = Math.max(...groups.flatMap(microsOf));
  const rows = Math.ceil(groups.length / columns);
  let y = HEAD;
  const drawn = Array.from({ length: rows }, (_, row) => {
    const beside = groups.slice(row * columns, (row + 1) * columns);
    const texts = beside.map((group, column) => {
      const most = shared ? longest : Math.max(...microsOf(group));
      const scale = (COLUMN[columns] - label - NUMBER) / most;
      return drawGroup(group, { x: column * COLUMN[columns] + label, y, scale });
    });
    y += 10 + Math.max(...beside.map(({ bars }) => bars.length)) * ROW + GAP;
    return texts.join("\n");
  });
  const height = y - GAP + FOOT + 16;
  const title = "Processor time of a request in µs, less is better, and times Twinloop's";
  return page({ width, height, left: label, title, source, description: describe(groups) }, drawn);
}

/** @param {Group} group */
const microsOf = ({ bars }) => bars.map(({ micros }) => micros);

/** @param {Group} group @param {{ x: number, y: number, scale: number }} place `x` where the bars begin */
function drawGroup({ title, bars }, { x, y, scale }) {
  const own = bars.find(({ server }) => server === SUBJECT)?.micros ?? null;
  const head = `<text class="title" x="${x}" y="${y}">${escape(title)}</text>`;
  return [head, ...bars.map((bar, index) => drawBar(bar, { x, y: y + 10 + index * ROW, scale }, own))].join(
    "\n",
  );
}

/** Describes the chart in words. @param {readonly Group[]} groups */
function describe(groups) {
  const told = groups.map(({ title, bars }) => {
    const figures = bars.map(({ server, micros }) => `${titleOf(server)} ${micros.toFixed(1)}`);
    return `${title}: ${figures.join(", ")}`;
  });
  return `Processor time of a request in microseconds. ${told.join(". ")}`;
}

/** @param {Group["bars"][number]} bar @param {{ x: number, y: number, scale: number }} place @param {number | null} own */
function drawBar({ server, micros }, { x, y, scale }, own) {
  const length = Math.max(1, micros * scale);
  const kind = server === SUBJECT ? ' class="own"' : LIMITS.includes(server) ? ' class="limit"' : "";
  const middle = y + BAR - 4;
  const number = `<tspan>${micros.toFixed(1)}</tspan>`;
  const times =
    own === null || server === SUBJECT
      ? ""
      : `<tspan class="times" dx="8">${showTimes(micros / own)}</tspan>`;
  return [
    `<g${kind}><text class="label" x="${x - 8}" y="${middle}">${escape(titleOf(server))}</text>`,
    `<rect class="bar" x="${x}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<text x="${(x + length + 6).toFixed(1)}" y="${middle}">${number}${times}</text></g>`,
  ].join("");
}

/** @param {number} times */
const showTimes = (times) => `${times.toFixed(times >= 10 ? 0 : times >= 2 ? 1 : 2)}x`;
