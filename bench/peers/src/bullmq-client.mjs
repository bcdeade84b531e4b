import { Queue, Worker } from "bullmq";

import { perSecond, prefetch, priorities, redisUrl } from "./message-queue.mjs";

const QUEUE = "bench";
const connection = { url: redisUrl, maxRetriesPerRequest: null };

/** Adding and working by BullMQ; a job that is done is removed. Of BullMQ's priorities 1 is the first. */
export async function openClient() {
  const queue = new Queue(QUEUE, { connection, defaultJobOptions: { removeOnComplete: true } });
  await queue.obliterate({ force: true });
  const limiter = perSecond > 0 ? { limiter: { max: perSecond, duration: 1_000 } } : {};
  const optionsOf = (message) =>
    priorities > 1 ? { priority: priorities - (message.number % priorities) } : undefined;
  return {
    publish: (message) => queue.add("message", message, optionsOf(message)),
    publishBatch: (messages) =>
      queue.addBulk(messages.map((data) => ({ name: "message", data, opts: optionsOf(data) }))),
    async consume(handler) {
      const options = { connection, concurrency: prefetch, ...limiter };
      const worker = new Worker(QUEUE, (job) => handler(job.data), options);
      worker.on("error", (error) => {
        throw error;
      });
      await worker.waitUntilReady();
      return () => worker.close();
    },
    async waiting() {
      const counts = await queue.getJobCounts("wait", "paused", "prioritized", "delayed", "active");
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    async close() {
      await queue.obliterate({ force: true });
      await queue.close();
    },
  };
}
