import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** @param {string} path */
const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const FOLDER = "deploy/grafana/dashboards";
const files = readdirSync(new URL(`../../${FOLDER}`, import.meta.url));

/** The metrics that the design names, in Prometheus's form without unit and `_total`. */
const named = [...read("docs/design/telemetry.md").matchAll(/`([a-z0-9]+(?:[._][a-z0-9_]+)+)`/g)].map(
  ([, name = ""]) => name.replaceAll(".", "_"),
);

/** What a name may end in behind the metric's own. */
const ENDINGS = /(_(seconds|bytes|ratio))?(_total)?(_(bucket|sum|count))?$/;

/** @param {string} expression */
const metricsIn = (expression) =>
  [...expression.matchAll(/\b([a-z0-9]+(?:_[a-z0-9]+)+)\{/g)].map(([, name = ""]) => name);

describe.each(files)("the dashboard %s", (file) => {
  /** @type {{ uid: string, panels: { type: string, title: string, targets?: { expr: string }[], fieldConfig: { defaults: { unit: string } } }[] }} */
  const board = JSON.parse(read(`${FOLDER}/${file}`));
  const expressions = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it("asks for metrics that there are", () => {
    const asked = expressions.flatMap(metricsIn);
    expect(asked.length).toBeGreaterThan(0);
    const unknown = asked.filter(
      (name) => !named.includes(name) && !named.includes(name.replace(ENDINGS, "")),
    );
    expect(unknown).toEqual([]);
  });

  it("has the file's name as its id, and panels that say their unit", () => {
    expect(board.uid).toBe(file.replace(".json", ""));
    for (const panel of board.panels.filter(({ type }) => type !== "row")) {
      expect(panel.fieldConfig.defaults.unit, panel.title).toMatch(/^\w+$/);
    }
  });
});
