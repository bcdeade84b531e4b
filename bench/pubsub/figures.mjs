import { median, spread, valuesOf } from "../harness/statistics.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";

/**
 * The table of one workload: medians over the rounds.
 *
 * @param {import("./queue-rounds.mjs").QueueRounds} rounds
 * @returns {string}
 */
export function showQueue({ measurements }) {
  const rows = [...measurements].map(([client, measured]) => {
    /** @param {keyof import("./queue-rounds.mjs").QueueMeasurement} figure */
    const middle = (figure) => showNumber(median(valuesOf(measured, figure)));
    const range = spread(valuesOf(measured, "messagesPerSecond"));
    return [
      client,
      middle("messagesPerSecond"),
      range === null ? "-" : `${Math.round(range * 100)}%`,
      middle("cpuMicros"),
      middle("javascriptMicros"),
      middle("memoryGrowthMib"),
    ];
  });
  return layOutTable(
    [
      { title: "client", align: "left" },
      { title: "messages/s" },
      { title: "±" },
      { title: "CPU µs" },
      { title: "JS thread µs" },
      { title: "memory + MiB" },
    ],
    rows,
  );
}
