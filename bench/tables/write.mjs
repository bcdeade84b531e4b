import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "../../tools/setup/command.mjs";
import { Problem } from "../../tools/setup/problem.mjs";
import { drawChart } from "../harness/chart.mjs";
import { replaceBlock } from "./block.mjs";
import { clientBlock } from "./client-table.mjs";
import { apiBlock, techempowerBlock } from "./request-tables.mjs";
import { latestResults } from "./results.mjs";

/** @typedef {import("./results.mjs").Results} Results */

/**
 * What documents quote: a block of a file, out of the latest whole runs of some suites.
 *
 * @type {readonly { file: string, name: string, suites: readonly string[], render: (...results: Results[]) => string }[]}
 */
const BLOCKS = [
  { file: "README.md", name: "api", suites: ["api"], render: apiBlock },
  { file: "README.md", name: "clients", suites: ["sqldb", "pubsub"], render: clientBlock },
  { file: "bench/README.md", name: "techempower", suites: ["techempower"], render: techempowerBlock },
];

/** The charts, by suite. */
const CHARTS = {
  api: "docs/bench/cpu-per-request.svg",
  techempower: "docs/bench/techempower.svg",
  scale: "docs/bench/scale.svg",
};

/**
 * Writes the tables and charts of the documents out of results files, so that no figure there is typed by hand. A block
 * whose suites have no whole run among the results stays as it is, and is named.
 *
 * Errors: `Problem` without results, and where a document lacks a block.
 */
export function writeTables() {
  const latest = existsSync(join(root, "bench/results")) ? latestResults() : new Map();
  if (latest.size === 0)
    throw new Problem(
      "There is no whole run in bench/results: run suites without --only and --workloads, with 3 rounds of 4 seconds or more.",
    );
  for (const { file, name, suites, render } of BLOCKS) {
    const results = suites.map((suite) => latest.get(suite));
    const missing = suites.filter((suite) => !latest.has(suite));
    if (missing.length > 0) {
      console.log(`${file}, ${name}: left as it is, without a whole run of ${missing.join(" and ")}`);
      continue;
    }
    const path = join(root, file);
    writeFileSync(path, replaceBlock(readFileSync(path, "utf8"), name, render(...results)));
    const from = results.map((each) => relative(root, each.path)).join(", ");
    console.log(`${file}, ${name}: written from ${from}`);
  }
  for (const [suite, file] of Object.entries(CHARTS)) {
    const results = latest.get(suite);
    if (results === undefined) continue;
    drawChart(results.path, join(root, file));
    console.log(`${file}: drawn from ${relative(root, results.path)}`);
  }
}
