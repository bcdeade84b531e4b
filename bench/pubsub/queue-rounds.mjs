import { startClient } from "../harness/client.mjs";

/**
 * What a client is told to do with the `count` messages from index `first` on. `inFlight`: publishes that wait for their
 * confirmation at once. `thorough`: every property of what is consumed is compared.
 *
 * @typedef {{ verb: "publish" | "publishBatches" | "consume" | "close", first: number, count: number, inFlight: number,
 *   thorough?: boolean }} Task
 */

/**
 * What it cost. What the system does not tell is null.
 *
 * @typedef {object} QueueMeasurement
 * @property {number} messagesPerSecond
 * @property {number | null} javascriptMicros of the thread that runs JavaScript, per message
 * @property {number | null} cpuMicros of all the client's threads, per message
 * @property {number | null} memoryGrowthMib the most memory held, over what was held before
 */

/** @typedef {{ workload: string, measurements: Map<string, QueueMeasurement[]> }} QueueRounds */

/**
 * A message store, and those who use it. `verbs`: what is measured, each before all that was published is consumed.
 *
 * @typedef {object} Store
 * @property {string} name
 * @property {readonly { name: string, module: string }[]} clients
 * @property {readonly ("publish" | "publishBatches")[]} verbs
 * @property {number} inFlight
 * @property {Record<string, string | undefined>} env for the clients' processes
 */

/** @type {Readonly<Record<string, string>>} */
const TITLES = { publish: "publish", publishBatches: "publish in batches", consume: "consume" };

/**
 * Measures every client of a store: A B C, A B C, …, each in a process of its own that lives through all of it. Before that
 * each publishes as many messages and consumes them, and every one must come once and unchanged.
 *
 * Errors: `Problem` for a client that loses, doubles or changes a message.
 *
 * @param {Store} store
 * @param {{ rounds: number, messages: number }} args
 * @param {(line: string) => void} say told each measurement as it is made
 * @returns {Promise<QueueRounds[]>}
 */
export async function runStore(store, { rounds, messages }, say) {
  const processes = [];
  try {
    for (const { name, module } of store.clients) {
      processes.push({ name, ...(await openProcess(module, store.env)) });
    }
    const numbered = numbers(store.inFlight);
    for (const { run } of processes) await check(run, store, numbered(messages));
    /** @type {Map<string, QueueRounds>} */
    const results = new Map();
    for (let round = 1; round <= rounds; round += 1) {
      for (const { name, run } of processes) {
        for (const [workload, measured] of await measureRound(run, store, numbered, messages)) {
          const all = results.get(workload) ?? { workload, measurements: new Map() };
          all.measurements.set(name, [...(all.measurements.get(name) ?? []), measured]);
          results.set(workload, all);
          say(progress(`${workload} ${round}/${rounds} ${name}`, measured));
        }
      }
    }
    for (const { run } of processes) await run({ verb: "close", first: 0, count: 1, inFlight: 1 });
    return [...results.values()];
  } finally {
    for (const { stop } of processes) stop();
  }
}

/** @typedef {import("../harness/client.mjs").Client<Task, QueueMeasurement>["run"]} Run */

/** @param {string} module @param {Store["env"]} env @returns {Promise<import("../harness/client.mjs").Client<Task, QueueMeasurement>>} */
function openProcess(module, env) {
  return startClient(new URL("client-process.mjs", import.meta.url), module, env);
}

/**
 * Tasks whose messages no earlier task had, so that what comes late is noticed.
 *
 * @param {number} inFlight
 */
function numbers(inFlight) {
  let next = 0;
  return (/** @type {number} */ count) => {
    const range = { first: next, count, inFlight };
    next += count;
    return range;
  };
}

/**
 * Every message is compared, which also warms the client up.
 *
 * @param {Run} run @param {Store} store @param {Omit<Task, "verb">} range
 */
async function check(run, { verbs }, range) {
  for (const verb of verbs) {
    await run({ ...range, verb });
    await run({ ...range, verb: "consume", thorough: true });
  }
}

/**
 * @param {Run} run
 * @param {Store} store
 * @param {ReturnType<typeof numbers>} numbered
 * @param {number} messages
 */
async function measureRound(run, { name, verbs }, numbered, messages) {
  /** @type {[string, QueueMeasurement][]} */
  const measured = [];
  for (const verb of verbs) {
    const range = numbered(messages);
    measured.push([`${name}: ${TITLES[verb]}`, await run({ ...range, verb })]);
    const consumed = await run({ ...range, verb: "consume" });
    // Where both verbs are measured, consuming is so behind the first alone.
    if (verb === verbs[0]) measured.push([`${name}: ${TITLES["consume"]}`, consumed]);
  }
  return measured;
}

/** @param {string} label @param {QueueMeasurement} measured */
function progress(label, { messagesPerSecond, cpuMicros, javascriptMicros }) {
  const rate = Math.round(messagesPerSecond).toLocaleString("en");
  const cpu = cpuMicros === null ? "" : `, ${cpuMicros.toFixed(1)} CPU-µs`;
  const javascript = javascriptMicros === null ? "" : `, JS thread ${javascriptMicros.toFixed(1)} µs`;
  return `  ${label}: ${rate} messages/s${cpu}${javascript}`;
}
