/** What every chart has in common. */

/** Colours that follow the reader's system. */
const STYLE = `<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f }
.title { font-weight: 600 }
.label { text-anchor: end }
.middle { text-anchor: middle }
.times, .source, .tick { fill: #57606a }
.source { font-size: 11px; text-anchor: end }
.tick { font-size: 11px }
.bar { fill: #8c959f }
.ground { fill: #ffffff; stroke: #d0d7de }
.grid { stroke: #d0d7de }
.limit .bar { fill: #afb8c1 }
.own .bar { fill: #d4570a }
.own text { font-weight: 600 }
.line { fill: none; stroke: #8c959f; stroke-width: 2 }
.dot { fill: #8c959f }
.own .line { stroke: #d4570a; stroke-width: 3 }
.own .dot { fill: #d4570a }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.times, .source, .tick { fill: #9198a1 }
.bar, .dot { fill: #6e7681 }
.ground { fill: #0d1117; stroke: #30363d }
.grid { stroke: #30363d }
.limit .bar { fill: #484f58 }
.own .bar, .own .dot { fill: #ff8a3d }
.line { stroke: #6e7681 }
.own .line { stroke: #ff8a3d }
}
</style>`;

/**
 * Writes a whole chart: on its own ground, with its title above `left` and the source of its figures below.
 *
 * @param {{ width: number, height: number, left: number, title: string, source: string, description: string }} page
 * @param {readonly string[]} drawn what the chart shows, one element after another
 * @returns {string} SVG
 */
export function page({ width, height, left, title, source, description }, drawn) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(description)}">
${STYLE}
<rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="${left}" y="30">${title}</text>
${drawn.join("\n")}
<text class="source" x="${width - 16}" y="${height - 12}">${escape(source)}</text>
</svg>
`;
}

/** Writes a text so that it can stand in an element or an attribute. @param {string} text */
export const escape = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/**
 * Describes the origin of the figures, for the line below a chart.
 *
 * @param {import("./machine.mjs").Machine} machine
 * @param {string} date ISO 8601
 * @returns {string}
 */
export function sourceLine({ processor, cores, versions }, date) {
  return `npm run bench, ${date.slice(0, 10)}: ${processor}, ${cores} cores, Node ${versions["node"]}`;
}
