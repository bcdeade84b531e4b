import { median, spread, valuesOf } from "../harness/statistics.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";

/**
 * The table of one direct workload: medians over the rounds.
 *
 * @param {import("./direct.mjs").DirectRounds} rounds
 * @returns {string}
 */
export function showDirect({ measurements }) {
  const rows = [...measurements].map(([client, measured]) => {
    /** @param {keyof import("./direct.mjs").DirectMeasurement} figure */
    const middle = (figure) => showNumber(median(valuesOf(measured, figure)));
    const range = spread(valuesOf(measured, "javascriptMicros"));
    return [
      client,
      middle("queriesPerSecond"),
      middle("javascriptMicros"),
      range === null ? "-" : `${Math.round(range * 100)}%`,
      middle("cpuMicros"),
      middle("delayP99Ms"),
    ];
  });
  return layOutTable(
    [
      { title: "client", align: "left" },
      { title: "queries/s" },
      { title: "JS thread µs" },
      { title: "±" },
      { title: "CPU µs" },
      { title: "loop delay p99 ms" },
    ],
    rows,
  );
}
