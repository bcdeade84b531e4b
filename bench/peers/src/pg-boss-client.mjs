import PgBoss from "pg-boss";

import { prefetch } from "./message-queue.mjs";
import { databaseUrl } from "./queries.mjs";

const QUEUE = "bench";
const SCHEMA = "bench_pgboss";

/**
 * Sending, inserting and working by pg-boss: its worker takes whole batches, and is told to look again at once instead of
 * when its next poll is due.
 */
export async function openClient() {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    schema: SCHEMA,
    supervise: false,
    schedule: false,
  });
  boss.on("error", (error) => {
    throw error;
  });
  await boss.start();
  const waiting = () => boss.getQueueSize(QUEUE, { before: "completed" });
  // What was completed before must not slow down what comes.
  const renew = () => boss.clearStorage();
  await renew();
  await boss.createQueue(QUEUE);
  return {
    publish: (message) => boss.send(QUEUE, message),
    publishBatch: (messages) => boss.insert(messages.map((data) => ({ name: QUEUE, data }))),
    async consume(handler) {
      const options = { batchSize: prefetch, pollingIntervalSeconds: 0.5 };
      const worker = await boss.work(QUEUE, options, async (jobs) => {
        await Promise.all(jobs.map(({ data }) => handler(data)));
        boss.notifyWorker(worker);
      });
      return async () => {
        // A batch is marked as done after its handler, and nothing says when.
        while ((await waiting()) > 0) await new Promise((resolve) => setTimeout(resolve, 2));
        await boss.offWork({ id: worker });
      };
    },
    waiting,
    renew,
    async close() {
      await renew();
      await boss.deleteQueue(QUEUE);
      await boss.stop({ graceful: false });
    },
  };
}
