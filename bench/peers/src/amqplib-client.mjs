import { connect } from "amqplib";

import { amqpUrl, prefetch, QUORUM } from "./message-queue.mjs";

const QUEUE = "bench-amqplib";

/** Publishing with confirms and consuming with acknowledgements by amqplib, each on a channel of its own. */
export async function openClient() {
  const connection = await connect(amqpUrl);
  const publishing = await connection.createConfirmChannel();
  const consuming = await connection.createChannel();
  await publishing.assertQueue(QUEUE, { durable: true, arguments: QUORUM });
  await publishing.purgeQueue(QUEUE);
  await consuming.prefetch(prefetch);
  return {
    publish: (message) =>
      new Promise((resolve, reject) => {
        const body = Buffer.from(JSON.stringify(message));
        const options = { persistent: true, contentType: "application/json" };
        publishing.sendToQueue(QUEUE, body, options, (error) => (error ? reject(error) : resolve()));
      }),
    async consume(handler) {
      const { consumerTag } = await consuming.consume(QUEUE, async (delivery) => {
        if (delivery === null) return;
        await handler(JSON.parse(delivery.content.toString()));
        consuming.ack(delivery);
      });
      // The broker answers on the same channel, after all acknowledgements.
      return () => consuming.cancel(consumerTag);
    },
    waiting: async () => (await publishing.checkQueue(QUEUE)).messageCount,
    async close() {
      await publishing.deleteQueue(QUEUE);
      await connection.close();
    },
  };
}
