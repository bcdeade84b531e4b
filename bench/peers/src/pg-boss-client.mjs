import { PgBoss } from "pg-boss";

import { prefetch, priorities } from "./message-queue.mjs";
import { databaseUrl } from "./queries.mjs";

const QUEUE = "bench";
const SCHEMA = "bench_pgboss";
const WAITING = `select count(*)::int4 as waiting from ${SCHEMA}.job where name = '${QUEUE}' and state < 'completed'`;

/** Sending, inserting and working by pg-boss; its worker fetches without a pause while its batches are full. */
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
  await boss.createQueue(QUEUE);
  // What was completed before must not slow down what comes.
  const renew = () => boss.deleteAllJobs();
  await renew();
  return {
    publish: (message) =>
      priorities > 1
        ? boss.send(QUEUE, message, { priority: message.number % priorities })
        : boss.send(QUEUE, message),
    publishBatch: (messages) =>
      boss.insert(
        QUEUE,
        messages.map((data) => ({ data })),
      ),
    async consume(handler) {
      const options = { batchSize: prefetch, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
      const id = await boss.work(QUEUE, options, async (jobs) => {
        await Promise.all(jobs.map(({ data }) => handler(data)));
      });
      return () => boss.offWork(QUEUE, { id, wait: true });
    },
    waiting: async () => (await boss.getDb().executeSql(WAITING)).rows[0].waiting,
    renew,
    async close() {
      await renew();
      await boss.deleteQueue(QUEUE);
      await boss.stop({ graceful: false });
    },
  };
}
