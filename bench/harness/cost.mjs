import {
  readPeakMemory,
  readThreadTimes,
  resetPeakMemory,
  timeBetween,
  totalOf,
} from "./process-counters.mjs";

/**
 * The cost of some work in this process. A figure that the system does not provide is null.
 *
 * @typedef {object} Cost
 * @property {number} seconds
 * @property {number | null} javascriptMicros of processor time on the main thread
 * @property {number | null} cpuMicros of processor time on all threads
 * @property {number | null} memoryGrowthMib the most memory held, over what was held before
 */

/**
 * Runs some work in this process and measures its cost.
 *
 * @param {() => Promise<unknown>} work
 * @returns {Promise<Cost>}
 */
export async function costOf(work) {
  resetPeakMemory(process.pid);
  const memoryBefore = readPeakMemory(process.pid);
  const threadsBefore = readThreadTimes(process.pid);
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const spent = timeBetween(threadsBefore, readThreadTimes(process.pid));
  const memoryAfter = readPeakMemory(process.pid);
  const counted = spent.size > 0;
  const grown = memoryBefore === undefined || memoryAfter === undefined ? null : memoryAfter - memoryBefore;
  return {
    seconds,
    // The main thread's id is the process's.
    javascriptMicros: counted ? (spent.get(process.pid) ?? 0) / 1000 : null,
    cpuMicros: counted ? totalOf(spent) / 1000 : null,
    memoryGrowthMib: grown === null ? null : grown / 2 ** 20,
  };
}
