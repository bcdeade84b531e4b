import { Connection } from "rabbitmq-client";

import { amqpUrl, prefetch, QUORUM } from "./message-queue.mjs";

const QUEUE = "bench-rabbitmq-client";

/** Publishing with confirms and consuming with acknowledgements by rabbitmq-client's Publisher and Consumer. */
export async function openClient() {
  const connection = new Connection(amqpUrl);
  const queueOptions = { queue: QUEUE, durable: true, arguments: QUORUM };
  await connection.onConnect();
  await connection.queueDeclare(queueOptions);
  await connection.queuePurge(QUEUE);
  const publisher = connection.createPublisher({ confirm: true });
  const envelope = { routingKey: QUEUE, durable: true };
  return {
    publish: (message) => publisher.send(envelope, message),
    async consume(handler) {
      const options = { queue: QUEUE, queueOptions, qos: { prefetchCount: prefetch } };
      const consumer = connection.createConsumer(options, async ({ body }) => {
        await handler(body);
      });
      consumer.on("error", (error) => {
        throw error;
      });
      return () => consumer.close();
    },
    waiting: async () => (await connection.queueDeclare({ queue: QUEUE, passive: true })).messageCount,
    async close() {
      await publisher.close();
      await connection.queueDelete(QUEUE);
      await connection.close();
    },
  };
}
