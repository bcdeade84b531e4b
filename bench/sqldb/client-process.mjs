// One PostgreSQL client in a process of its own: runs a workload when told to, and says what it cost.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { costOf } from "../harness/cost.mjs";

/** The delay's clock ticks this often; what a tick comes late is the delay. */
const TICK_MS = 1;
/** As many queries as are due are begun this often. */
const PACE_TICK_MS = 1;
/** Ids that a query may begin after, so that all its rows are there. */
const FIRST_IDS = 9000;

const [, , clientUrl = ""] = process.argv;
const { openClient } = await import(clientUrl);
const client = openClient();

/**
 * Keeps `inFlight` queries under way until `seconds` are over, or runs one when `seconds` is 0.
 *
 * @param {import("./direct.mjs").Task} task
 * @returns {Promise<number>} how many were answered
 */
async function drive({ query, rows, inFlight, seconds }) {
  const end = performance.now() + seconds * 1000;
  let answered = 0;
  const worker = async () => {
    do {
      const { length } = await client[query](1 + ((answered * 7) % FIRST_IDS));
      if (length !== rows) throw new Error(`${query} gave ${length} rows, not ${rows}`);
      answered += 1;
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return answered;
}

/**
 * Begins `perSecond` queries a second until `seconds` are over.
 *
 * @param {import("./direct.mjs").Task} task
 * @param {number} perSecond
 * @returns {Promise<number>} how many were answered
 */
async function pace({ query, rows, inFlight, seconds }, perSecond) {
  const started = performance.now();
  let [begun, answered, underWay] = [0, 0, 0];
  const one = async () => {
    const { length } = await client[query](1 + ((begun * 7) % FIRST_IDS));
    if (length !== rows) throw new Error(`${query} gave ${length} rows, not ${rows}`);
    answered += 1;
    underWay -= 1;
  };
  /** @type {Promise<void>[]} */
  const all = [];
  while (performance.now() - started < seconds * 1000) {
    for (const due = ((performance.now() - started) / 1000) * perSecond; begun < due; begun += 1) {
      if (underWay >= inFlight) continue;
      underWay += 1;
      all.push(one());
    }
    await delay(PACE_TICK_MS);
  }
  await Promise.all(all);
  return answered;
}

/** @param {import("./direct.mjs").Task} task @returns {Promise<import("./direct.mjs").DirectMeasurement>} */
async function observe(task) {
  const ticks = monitorEventLoopDelay({ resolution: TICK_MS });
  let answered = 0;
  ticks.enable();
  const cost = await costOf(async () => {
    answered = await (task.perSecond ? pace(task, task.perSecond) : drive(task));
  });
  ticks.disable();
  const { seconds, javascriptMicros, cpuMicros, memoryGrowthMib } = cost;
  return {
    queriesPerSecond: answered / seconds,
    javascriptMicros: javascriptMicros === null ? null : javascriptMicros / answered,
    cpuMicros: cpuMicros === null ? null : cpuMicros / answered,
    delayP99Ms: Math.max(0, ticks.percentile(99) / 1e6 - TICK_MS),
    memoryGrowthMib,
  };
}

/** @param {import("./direct.mjs").Task} task */
async function answer(task) {
  try {
    process.send?.({ measured: await observe(task) });
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? error.message : String(error) });
  }
}

process.on("message", (task) => void answer(/** @type {import("./direct.mjs").Task} */ (task)));
process.send?.("ready");
