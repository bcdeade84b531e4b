import { SUBJECT, titleOf } from "./server-titles.mjs";
import { escape, page } from "./svg.mjs";

const PANEL_WIDTH = 300;
const LEFT = 44;
const HEAD = 66;
const PLOT_HEIGHT = 180;
const FOOT = 56;
const LEGEND_ROW = 18;

/**
 * Lines over steps that stand at equal distances, whatever their values: `values` has one number for each step, null where
 * nothing was measured.
 *
 * @typedef {{ title: string, steps: readonly string[], lines: readonly { server: string, values: readonly (number | null)[] }[] }} Panel
 */

/**
 * Draws panels beside each other, each on its own scale from zero, with one legend.
 *
 * @param {readonly Panel[]} panels
 * @param {string} source the line below
 * @returns {string} SVG
 */
export function lineChart(panels, source) {
  const width = Math.max(2, panels.length) * PANEL_WIDTH + LEFT;
  const servers = [...new Set(panels.flatMap(({ lines }) => lines.map(({ server }) => server)))];
  const below = HEAD + PLOT_HEIGHT + FOOT;
  const height = below + servers.length * LEGEND_ROW + 20;
  const drawn = panels.map((panel, index) => drawPanel(panel, LEFT + index * PANEL_WIDTH, servers));
  const legend = servers.map((server, index) => drawLegend(server, servers, below + index * LEGEND_ROW));
  const title = "Processor time of a request in µs, as an app grows";
  const description = describe(panels);
  return page({ width, height, left: LEFT, title, source, description }, [...drawn, ...legend]);
}

/** Patterns that tell lines apart where colours do not: the subject's is whole. */
const DASHES = ["6 3", "2 3", "8 3 2 3", "1 5", "12 4"];

/** @param {string} server @param {readonly string[]} servers */
function dashOf(server, servers) {
  if (server === SUBJECT) return "";
  const others = servers.filter((name) => name !== SUBJECT);
  return ` stroke-dasharray="${DASHES[others.indexOf(server) % DASHES.length]}"`;
}

/** @param {Panel} panel @param {number} left @param {readonly string[]} servers */
function drawPanel({ title, steps, lines }, left, servers) {
  const most = niceTop(
    Math.max(1, ...lines.flatMap(({ values }) => values.filter((value) => value !== null))),
  );
  const step = (PANEL_WIDTH - LEFT - 20) / Math.max(1, steps.length - 1);
  const x = (/** @type {number} */ index) => left + 8 + index * step;
  const y = (/** @type {number} */ micros) => HEAD + 16 + PLOT_HEIGHT * (1 - micros / most);
  const grid = [0, most / 2, most].map(
    (micros) =>
      `<line class="grid" x1="${left}" x2="${left + PANEL_WIDTH - LEFT}" y1="${y(micros)}" y2="${y(micros)}"/>` +
      `<text class="tick label" x="${left - 6}" y="${y(micros) + 4}">${micros.toLocaleString("en")}</text>`,
  );
  const ticks = steps.map(
    (text, index) =>
      `<text class="tick middle" x="${x(index).toFixed(1)}" y="${HEAD + PLOT_HEIGHT + 34}">${escape(text)}</text>`,
  );
  const drawn = lines.map(({ server, values }) => {
    const points = values.flatMap((value, index) => (value === null ? [] : [[x(index), y(value)]]));
    const path = points.map(([px = 0, py = 0]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" ");
    const dots = points.map(
      ([px = 0, py = 0]) => `<circle class="dot" cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3"/>`,
    );
    return `<g${kindOf(server)}><polyline class="line" points="${path}"${dashOf(server, servers)}/>${dots.join("")}</g>`;
  });
  return [
    `<text class="title" x="${left}" y="${HEAD}">${escape(title)}</text>`,
    ...grid,
    ...ticks,
    ...drawn,
  ].join("\n");
}

/** @param {string} server @param {readonly string[]} servers @param {number} y */
function drawLegend(server, servers, y) {
  const line = `<line class="line" x1="${LEFT}" x2="${LEFT + 40}" y1="${y}" y2="${y}"${dashOf(server, servers)}/>`;
  return `<g${kindOf(server)}>${line}<text x="${LEFT + 50}" y="${y + 4}">${escape(titleOf(server))}</text></g>`;
}

/** @param {string} server */
const kindOf = (server) => (server === SUBJECT ? ' class="own"' : "");

/** The least of 1, 2 and 5 times a power of ten that is not below a value. @param {number} value */
export function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((digit) => digit * power >= value) ?? 10) * power;
}

/** @param {readonly Panel[]} panels */
function describe(panels) {
  const told = panels.map(({ title, steps, lines }) => {
    const each = lines.map(({ server, values }) => {
      const figures = values.map(
        (value, index) => `${steps[index]}: ${value === null ? "-" : value.toFixed(1)}`,
      );
      return `${titleOf(server)} ${figures.join(", ")}`;
    });
    return `${title}: ${each.join("; ")}`;
  });
  return `Processor time of a request in microseconds. ${told.join(". ")}`;
}
