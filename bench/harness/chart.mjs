import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Problem } from "../../tools/setup/problem.mjs";

/** The workloads that are drawn, with their titles, from top to bottom. */
const WORKLOADS = [
  { name: "hello", title: "GET, no input" },
  { name: "schema", title: "Validated POST" },
  { name: "reject", title: "Malformed POST" },
];

const TITLES = {
  hyper: "bare Hyper, no JavaScript",
  twinloop: "Twinloop",
  bun: "Bun.serve + zod",
  elysia: "Elysia on Bun",
  "node-http": "node:http, by hand",
  fastify: "Fastify",
  hono: "Hono on Node",
  express: "Express + zod",
};

const SUBJECT = "twinloop";
const WIDTH = 760;
const LABEL = 200;
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
 * Draws CPU time per request of a results file's first series that has any.
 *
 * Errors: `Problem` when none of the three workloads was measured.
 *
 * @param {string} resultsPath of `bench/results/<date>.json`
 * @param {string} chartPath where the SVG is written
 */
export function drawChart(resultsPath, chartPath) {
  const { series, machine, date } = JSON.parse(readFileSync(resultsPath, "utf8"));
  const groups = groupsOf(series.find((/** @type {any} */ each) => each.summaries)?.summaries ?? []);
  if (groups.length === 0)
    throw new Problem("There is nothing to draw: the chart shows hello, schema and reject, on Linux.");
  mkdirSync(dirname(chartPath), { recursive: true });
  writeFileSync(chartPath, chart(groups, sourceOf(machine, date)));
}

/**
 * Describes the origin of the figures.
 *
 * @param {import("./machine.mjs").Machine} machine
 * @param {string} date ISO 8601
 * @returns {string}
 */
export function sourceOf({ processor, cores, versions }, date) {
  return `npm run bench, ${date.slice(0, 10)}: ${processor}, ${cores} cores, Node ${versions["node"]}`;
}

/**
 * @param {readonly { workload: string, servers: readonly { server: string, cpuMicros: number | null }[] }[]} summaries
 * @returns {Group[]}
 */
export function groupsOf(summaries) {
  return WORKLOADS.flatMap(({ name, title }) => {
    const found = summaries.find(({ workload }) => workload === name);
    if (!found) return [];
    const bars = found.servers
      .flatMap(({ server, cpuMicros }) => (cpuMicros === null ? [] : [{ server, micros: cpuMicros }]))
      .sort((one, other) => one.micros - other.micros);
    return bars.length === 0 ? [] : [{ title, bars }];
  });
}

/**
 * Draws the chart as SVG, in the colours that the reader's system asks for, on its own ground: a page may be dark where the
 * system is light.
 *
 * Units:  one scale for all groups, from zero; beside each bar its number, and how many times Twinloop's it is.
 *
 * @param {readonly Group[]} groups
 * @param {string} source the line below
 * @returns {string}
 */
export function chart(groups, source) {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ micros }) => micros)));
  let y = HEAD;
  const drawn = groups.map(({ title, bars }) => {
    const own = bars.find(({ server }) => server === SUBJECT)?.micros ?? null;
    const head = `<text class="title" x="${LABEL}" y="${y}">${escape(title)}</text>`;
    const rows = bars.map((bar, index) => drawBar(bar, y + 10 + index * ROW, most, own));
    y += 10 + bars.length * ROW + GAP;
    return [head, ...rows].join("\n");
  });
  const height = y - GAP + FOOT + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(describe(groups))}">
${STYLE}
<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="${LABEL}" y="30">Processor time of a request in µs, less is better, and times Twinloop's</text>
${drawn.join("\n")}
<text class="source" x="${WIDTH - 16}" y="${height - 12}">${escape(source)}</text>
</svg>
`;
}

const STYLE = `<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f }
.title { font-weight: 600 }
.label { text-anchor: end }
.times, .source { fill: #57606a }
.source { font-size: 11px; text-anchor: end }
.bar { fill: #8c959f }
.ground { fill: #ffffff; stroke: #d0d7de }
.limit .bar { fill: #afb8c1 }
.own .bar { fill: #d4570a }
.own text { font-weight: 600 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.times, .source { fill: #9198a1 }
.bar { fill: #6e7681 }
.ground { fill: #0d1117; stroke: #30363d }
.limit .bar { fill: #484f58 }
.own .bar { fill: #ff8a3d }
}
</style>`;

/** Describes the chart in words. @param {readonly Group[]} groups */
function describe(groups) {
  const told = groups.map(({ title, bars }) => {
    const figures = bars.map(({ server, micros }) => `${titleOf(server)} ${micros.toFixed(1)}`);
    return `${title}: ${figures.join(", ")}`;
  });
  return `Processor time of a request in microseconds. ${told.join(". ")}`;
}

/** @param {string} server */
const titleOf = (server) => TITLES[/** @type {keyof typeof TITLES} */ (server)] ?? server;

/** @param {string} text */
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** @param {Group["bars"][number]} bar @param {number} top @param {number} most @param {number | null} own */
function drawBar({ server, micros }, top, most, own) {
  const length = Math.max(1, (micros / most) * (WIDTH - LABEL - NUMBER));
  const kind = server === SUBJECT ? ' class="own"' : server === "hyper" ? ' class="limit"' : "";
  const middle = top + BAR - 4;
  const number = `<tspan>${micros.toFixed(1)}</tspan>`;
  const times =
    own === null || server === SUBJECT
      ? ""
      : `<tspan class="times" dx="8">${showTimes(micros / own)}</tspan>`;
  return [
    `<g${kind}><text class="label" x="${LABEL - 8}" y="${middle}">${escape(titleOf(server))}</text>`,
    `<rect class="bar" x="${LABEL}" y="${top}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<text x="${(LABEL + length + 6).toFixed(1)}" y="${middle}">${number}${times}</text></g>`,
  ].join("");
}

/** @param {number} times */
const showTimes = (times) => `${times.toFixed(times >= 10 ? 0 : times >= 2 ? 1 : 2)}x`;
