import { startClient } from "../harness/client.mjs";
import { median, valuesOf } from "../harness/statistics.mjs";

/**
 * What a client is asked to do: keep `inFlight` queries under way for `seconds`; 0 for one each. With `perSecond` queries
 * are begun at that pace instead, and those above `inFlight` are left out. Every answer must have `rows` rows.
 *
 * @typedef {{ query: string, rows: number, inFlight: number, seconds: number, perSecond?: number }} Task
 */

/**
 * What it cost. `delayP99Ms`: how late the 99th of 100 ticks of the event loop came.
 *
 * @typedef {object} DirectMeasurement
 * @property {number} queriesPerSecond
 * @property {number | null} javascriptMicros of the thread that runs JavaScript, per query
 * @property {number | null} cpuMicros of all the client's threads, per query
 * @property {number} delayP99Ms
 * @property {number | null} memoryGrowthMib the most memory held, over what was held before
 */

/** @typedef {{ workload: string, measurements: Map<string, DirectMeasurement[]> }} DirectRounds */

const here = (/** @type {string} */ path) => new URL(path, import.meta.url);

/** The clients by name, in the order of the tables and of each round. */
export const clients = {
  twinloop: here("twinloop-client.mjs").href,
  pg: here("../peers/src/pg-client.mjs").href,
  postgres: here("../peers/src/postgres-client.mjs").href,
};

const IN_FLIGHT = 50;

/** The direct workloads: rows x columns. */
export const directQueries = [
  { query: "1x3", rows: 1 },
  { query: "20x6", rows: 20 },
  { query: "1000x8", rows: 1000 },
];

const PACED = { query: "20x6", rows: 20 };
/** Of what the slowest client reaches at full speed. */
const PACE = 0.6;
/** 20 rows x 6 columns, as many a second for each client. */
export const PACED_WORKLOAD = "20x6 paced";

/**
 * Measures every client with every query: A B C, A B C, …, each in a process of its own that lives through all of it.
 *
 * @param {{ rounds: number, seconds: number, warmUpSeconds: number }} args
 * @param {string} databaseUrl
 * @param {(line: string) => void} say told each measurement as it is made
 * @returns {Promise<DirectRounds[]>}
 */
export async function runDirect({ rounds, seconds, warmUpSeconds }, databaseUrl, say) {
  const processes = await Promise.all(
    Object.entries(clients).map(async ([name, url]) => ({ name, ...(await openProcess(url, databaseUrl)) })),
  );
  try {
    const results = [];
    for (const { query, rows } of directQueries) {
      /** @type {DirectRounds} */
      const result = { workload: query, measurements: new Map(processes.map(({ name }) => [name, []])) };
      for (const { run } of processes)
        await run({ query, rows, inFlight: IN_FLIGHT, seconds: warmUpSeconds });
      for (let round = 1; round <= rounds; round += 1) {
        for (const { name, run } of processes) {
          const measured = await run({ query, rows, inFlight: IN_FLIGHT, seconds });
          result.measurements.get(name)?.push(measured);
          say(progress(`direct ${query} ${round}/${rounds} ${name}`, measured));
        }
      }
      results.push(result);
    }
    results.push(await runPaced(processes, results, { rounds, seconds }, say));
    return results;
  } finally {
    for (const { stop } of processes) stop();
  }
}

/**
 * Measures all clients at one pace, so that the delay of their event loops is that of equal work: a client that
 * is quick would otherwise load the machine more.
 *
 * @param {readonly { name: string, run: (task: Task) => Promise<DirectMeasurement> }[]} processes
 * @param {readonly DirectRounds[]} measured at full speed
 * @param {{ rounds: number, seconds: number }} args
 * @param {(line: string) => void} say
 * @returns {Promise<DirectRounds>}
 */
async function runPaced(processes, measured, { rounds, seconds }, say) {
  const atFullSpeed = measured.find(({ workload }) => workload === PACED.query)?.measurements ?? new Map();
  const slowest = Math.min(
    ...[...atFullSpeed.values()].map((each) => median(valuesOf(each, "queriesPerSecond")) ?? 0),
  );
  const task = { ...PACED, inFlight: 1000, seconds, perSecond: Math.round(slowest * PACE) };
  /** @type {DirectRounds} */
  const result = { workload: PACED_WORKLOAD, measurements: new Map(processes.map(({ name }) => [name, []])) };
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, run } of processes) {
      const one = await run(task);
      result.measurements.get(name)?.push(one);
      say(progress(`direct ${PACED_WORKLOAD} ${round}/${rounds} ${name}`, one));
    }
  }
  return result;
}

/**
 * Reads a million rows one by one, in a new process whose pool is already open.
 *
 * @param {string} databaseUrl
 * @returns {Promise<DirectMeasurement>}
 */
export async function runStream(databaseUrl) {
  const { run, stop } = await openProcess(clients.twinloop, databaseUrl);
  try {
    await run({ query: "1x3", rows: 1, inFlight: IN_FLIGHT, seconds: 0.5 });
    return await run({ query: "stream", rows: 1_000_000, inFlight: 1, seconds: 0 });
  } finally {
    stop();
  }
}

/** @param {string} url of the client's module @param {string} databaseUrl @returns {Promise<import("../harness/client.mjs").Client<Task, DirectMeasurement>>} */
function openProcess(url, databaseUrl) {
  return startClient(here("client-process.mjs"), url, { DATABASE_URL: databaseUrl });
}

/** @param {string} label @param {DirectMeasurement} measured */
function progress(label, { queriesPerSecond, javascriptMicros, delayP99Ms }) {
  const javascript = javascriptMicros === null ? "" : `, JS thread ${javascriptMicros.toFixed(1)} µs`;
  const rate = Math.round(queriesPerSecond).toLocaleString("en");
  return `  ${label}: ${rate} queries/s${javascript}, delay p99 ${delayP99Ms.toFixed(2)} ms`;
}
