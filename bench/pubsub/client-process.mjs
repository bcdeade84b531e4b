// One message client in a process of its own: publishes and consumes when told to, and says what it cost.
import { costOf } from "../harness/cost.mjs";
import { message, roll } from "./messages.mjs";

const BATCH = 500;
const BATCHES_IN_FLIGHT = 4;
/** The longest that no message may come while some are missing. */
const SILENCE_MS = 20_000;

const [, , clientUrl = ""] = process.argv;
const { openClient } = await import(clientUrl);
const client = await openClient();

/** @param {import("./queue-rounds.mjs").Task} task */
async function publish({ first, count, inFlight }) {
  let next = first;
  const end = first + count;
  const worker = async () => {
    while (next < end) await client.publish(message(next++));
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

/** @param {import("./queue-rounds.mjs").Task} task */
async function publishBatches({ first, count }) {
  let next = first;
  const end = first + count;
  const worker = async () => {
    while (next < end) {
      const from = next;
      next = Math.min(next + BATCH, end);
      await client.publishBatch(Array.from({ length: next - from }, (_, index) => message(from + index)));
    }
  };
  await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, worker));
}

/** @param {import("./queue-rounds.mjs").Task} task */
async function consume({ first, count, thorough = false }) {
  const { take, done, missing } = roll(first, count, thorough);
  const stop = await client.consume(take);
  const watch = watchSilence(missing);
  try {
    await Promise.race([done, watch.silent]);
  } finally {
    watch.stop();
  }
  await stop();
}

/** @param {() => number} missing */
function watchSilence(missing) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const silent = new Promise((_, reject) => {
    let before = Number.NaN;
    timer = setInterval(() => {
      const now = missing();
      if (now === before) reject(new Error(`${now} of the published messages did not come`));
      before = now;
    }, SILENCE_MS);
  });
  return { silent, stop: () => clearInterval(timer) };
}

async function close() {
  await client.close();
}

const verbs = { publish, publishBatches, consume, close };

/** @param {import("./queue-rounds.mjs").Task} task @returns {Promise<import("./queue-rounds.mjs").QueueMeasurement>} */
async function observe(task) {
  if (task.verb.startsWith("publish")) await client.renew?.();
  const { seconds, javascriptMicros, cpuMicros, memoryGrowthMib } = await costOf(() =>
    verbs[task.verb](task),
  );
  if (task.verb === "consume") await expectEmpty();
  const each = (/** @type {number | null} */ micros) => (micros === null ? null : micros / task.count);
  return {
    messagesPerSecond: task.count / seconds,
    javascriptMicros: each(javascriptMicros),
    cpuMicros: each(cpuMicros),
    memoryGrowthMib,
  };
}

/** What was consumed is gone: an acknowledgement that was lost would have left it there. */
async function expectEmpty() {
  const waiting = await client.waiting();
  if (waiting !== 0) throw new Error(`${waiting} messages are still there after all were consumed`);
}

/** @param {import("./queue-rounds.mjs").Task} task */
async function answer(task) {
  try {
    process.send?.({ measured: await observe(task) });
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? error.message : String(error) });
  }
}

process.on("message", (task) => void answer(/** @type {import("./queue-rounds.mjs").Task} */ (task)));
process.send?.("ready");
