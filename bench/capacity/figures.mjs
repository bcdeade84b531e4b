import { median, valuesOf } from "../harness/statistics.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";
import { bestCapacity, capacity, clusterCapacity, defaultIoThreads } from "./capacity.mjs";

const CORES = [1, 2, 4, 8, 16];

/** @typedef {import("../harness/measure.mjs").Measurement} Measurement */

/**
 * A prediction beside what was measured. `measured` over `predicted` is 1 where the formula holds.
 *
 * @typedef {object} Check
 * @property {string} workload
 * @property {number} ioThreads
 * @property {number} predicted requests a second
 * @property {string} bound
 * @property {number} measured
 */

/**
 * What a request costs on each side.
 *
 * @param {readonly Measurement[]} measured
 * @returns {import("./capacity.mjs").Price | null} null where the system does not tell
 */
export function priceOf(measured) {
  const javascriptMicros = median(valuesOf(measured, "javascriptMicros"));
  const cpuMicros = median(valuesOf(measured, "cpuMicros"));
  if (javascriptMicros === null || cpuMicros === null) return null;
  return { javascriptMicros, ioMicros: cpuMicros - javascriptMicros };
}

/**
 * Holds a measured throughput to what the price says, given what the load and other programs took of the cores.
 *
 * @param {string} workload
 * @param {import("./capacity.mjs").Price} price from another run: on one core
 * @param {number} ioThreads
 * @param {number} cores
 * @param {readonly Measurement[]} measured
 * @returns {Check}
 */
export function checkPrice(workload, price, ioThreads, cores, measured) {
  const middle = (/** @type {"requestsPerSecond" | "loadCores" | "otherCores"} */ figure) =>
    median(valuesOf(measured, figure)) ?? 0;
  const requestsPerSecond = middle("requestsPerSecond");
  const besideMicros = (middle("loadCores") / requestsPerSecond) * 1_000_000;
  const room = { isolates: 1, ioThreads, cores: cores - middle("otherCores"), besideMicros };
  const { requestsPerSecond: predicted, bound } = capacity(price, room);
  return { workload, ioThreads, predicted, bound, measured: requestsPerSecond };
}

/**
 * The table of the checks.
 *
 * @param {readonly Check[]} checks
 * @returns {string}
 */
export function showChecks(checks) {
  return layOutTable(
    [
      { title: "workload", align: "left" },
      { title: "I/O threads" },
      { title: "predicted requests/s" },
      { title: "bound by", align: "left" },
      { title: "measured" },
      { title: "of it" },
    ],
    checks.map(({ workload, ioThreads, predicted, bound, measured }) => [
      workload,
      String(ioThreads),
      showNumber(predicted),
      bound,
      showNumber(measured),
      showNumber(measured / predicted, "x"),
    ]),
  );
}

/**
 * The table on paper: requests a second with so many cores, load and everything else elsewhere.
 *
 * @param {import("./capacity.mjs").Price} price
 * @param {readonly { name: string, cpuMicros: number }[]} peers whose one thread does everything
 * @returns {string}
 */
export function showPaper(price, peers) {
  const one = CORES.map((cores) =>
    capacity(price, { isolates: 1, ioThreads: defaultIoThreads(cores), cores }),
  );
  const best = CORES.map((cores) => bestCapacity(price, cores));
  const rows = [
    ["twinloop, one isolate", ...one.map(({ requestsPerSecond }) => showNumber(requestsPerSecond))],
    ["… bound by", ...one.map(({ bound }) => bound)],
    ["twinloop, at best", ...best.map(({ requestsPerSecond }) => showNumber(requestsPerSecond))],
    ["… isolates + I/O threads", ...best.map(({ isolates, ioThreads }) => `${isolates} + ${ioThreads}`)],
    ...peers.flatMap(({ name, cpuMicros }) => [
      [`${name}, one process`, ...CORES.map(() => showNumber(clusterCapacity(cpuMicros, 1)))],
      [`${name}, a process a core`, ...CORES.map((cores) => showNumber(clusterCapacity(cpuMicros, cores)))],
    ]),
  ];
  const columns = CORES.map((cores) => ({ title: `${cores} core${cores === 1 ? "" : "s"}` }));
  return layOutTable([{ title: "requests/s", align: "left" }, ...columns], rows);
}
