import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../setup/command.mjs";
import { code, prose, table } from "./table.mjs";

/** @typedef {{ name: string, unit: string, help: string }} Metric */

/** The first words of names of metrics, by the semantic conventions and of our own. */
const METRIC = /"((?:http\.server|db\.client|messaging|twinloop|nodejs|process|v8js)\.[a-z_.]+)"/g;

/** The sources of Rust and of JavaScript's vitals, without tests. @returns {string[]} */
function sources() {
  const crates = readdirSync(join(root, "crates")).map((crate) => join(root, "crates", crate, "src"));
  const rust = crates.flatMap((folder) => {
    const files = readdirSync(folder, { recursive: true }).map(String);
    return files
      .filter((file) => file.endsWith(".rs") && !/(?:^|[\\/])tests?\b/.test(file))
      .map((file) => join(folder, file));
  });
  return [...rust, join(root, "packages/core-native/src/telemetry/vitals.ts")];
}

/**
 * Reads the metrics that the runtime records where they are made: a name, a unit and a sentence that says what is measured.
 *
 * @returns {Metric[]} by name
 */
export function metrics() {
  /** @type {Map<string, Metric>} */
  const found = new Map();
  for (const path of sources()) {
    const text = (readFileSync(path, "utf8").split(/#\[cfg\(test\)\]/)[0] ?? "").replaceAll(
      /^\s*\/\/.*$/gm,
      "",
    );
    for (const { 1: name = "", index } of text.matchAll(METRIC)) {
      const metric = metricAt(text, name, index);
      if (metric !== null) found.set(name, metric);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param {string} text @param {string} name @param {number} at @returns {Metric | null} null where the name is not that of a metric's definition */
function metricAt(text, name, at) {
  const behind = text.slice(at + name.length + 2, at + 400);
  const helped = [...text.slice(0, at).matchAll(/let help =\s*"([^"]+)"/g)].at(-1)?.[1] ?? "";
  const withUnit =
    /^,\s*(?:unit:\s*)?"([^" ]*)"\s*[,}]\s*(?:help,|\}?,?\s*(?:help:\s*)?"([A-Z][^"]*)")?/.exec(behind);
  if (withUnit !== null && !/[a-z]\.[a-z]/.test(withUnit[1] ?? ""))
    return { name, unit: withUnit[1] ?? "", help: withUnit[2] ?? helped };
  const help = /^,\s*help\b/.test(behind) ? helped : /^,\s*"([A-Z][^"]*)"/.exec(behind)?.[1];
  return help === undefined ? null : { name, unit: "s", help };
}

/** The name in Prometheus' form, but for the suffixes of its type. @param {Metric} metric */
function prometheusName({ name }) {
  return name.replaceAll(".", "_");
}

/** The table of spans, as the design has it. @returns {string} */
function spanTable() {
  const design = readFileSync(join(root, "docs/design/telemetry.md"), "utf8");
  return /^\| what \| span name[\s\S]*?(?=\n\n)/m.exec(design)?.[0] ?? "";
}

/** Writes the page of metrics and spans. @returns {string} */
export function telemetryPage() {
  const rows = metrics().map((metric) => [
    code(metric.name),
    code(metric.unit),
    code(prometheusName(metric)),
    prose(metric.help),
  ]);
  return `# Metrics and spans

[Observing an app](/guides/observability) says how to get at them. In Prometheus' form names end in their unit (\`_seconds\`, \`_bytes\`), and counters in \`_total\`.

## Metrics

Made from the places in the sources that record them.

${table(["name", "unit", "in Prometheus, begins with", "what is measured"], rows)}

## Spans

From [the design of telemetry](/how/telemetry), which has the labels of metrics as well.

${spanTable()}
`;
}
