import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What is drawn of each workload, in this order. */
const WORKLOADS = [
  { name: "hello", title: "GET, no input" },
  { name: "schema", title: "validated POST" },
  { name: "reject", title: "malformed POST" },
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

const WIDTH = 760;
const LABEL = 190;
const BAR = 16;
const ROW = 22;
const GAP = 40;
/** Room right of the longest bar for its number. */
const NUMBER = 60;

/**
 * One workload's bars.
 *
 * @typedef {{ title: string, bars: readonly { server: string, micros: number }[] }} Group
 */

/**
 * Draws CPU time per request of the first series of a results file.
 *
 * @param {string} resultsPath of `bench/results/<date>.json`
 * @param {string} chartPath where the SVG is written
 */
export function drawChart(resultsPath, chartPath) {
  const { series } = JSON.parse(readFileSync(resultsPath, "utf8"));
  mkdirSync(dirname(chartPath), { recursive: true });
  writeFileSync(chartPath, chart(groupsOf(series[0].summaries)));
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
    return [{ title, bars }];
  });
}

/**
 * The chart as SVG, in the colours that the reader's system asks for.
 *
 * Units:  one scale for all groups, from zero; the numbers stand beside the bars.
 *
 * @param {readonly Group[]} groups
 * @returns {string}
 */
export function chart(groups) {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ micros }) => micros)));
  let y = 30;
  const drawn = groups.map(({ title, bars }) => {
    const head = `<text class="title" x="${LABEL}" y="${y}">${title}: CPU-µs per request</text>`;
    const rows = bars.map((bar, index) => drawBar(bar, y + 10 + index * ROW, most));
    y += 10 + bars.length * ROW + GAP;
    return [head, ...rows].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y - GAP + 10}" role="img" aria-label="CPU time per request, less is better">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.label { text-anchor: end }
rect { fill: #8c959f }
.limit rect { fill: #afb8c1 }
.own rect { fill: #d4570a }
.own text { font-weight: 600 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
rect { fill: #6e7681 }
.limit rect { fill: #484f58 }
.own rect { fill: #ff8a3d }
}
</style>
${drawn.join("\n")}
</svg>
`;
}

/** @param {Group["bars"][number]} bar @param {number} top @param {number} most */
function drawBar({ server, micros }, top, most) {
  const length = Math.max(1, (micros / most) * (WIDTH - LABEL - NUMBER));
  const kind = server === "twinloop" ? ' class="own"' : server === "hyper" ? ' class="limit"' : "";
  const title = TITLES[/** @type {keyof typeof TITLES} */ (server)] ?? server;
  const middle = top + BAR - 4;
  return [
    `<g${kind}><text class="label" x="${LABEL - 8}" y="${middle}">${title}</text>`,
    `<rect x="${LABEL}" y="${top}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<text x="${(LABEL + length + 6).toFixed(1)}" y="${middle}">${micros.toFixed(1)}</text></g>`,
  ].join("");
}
