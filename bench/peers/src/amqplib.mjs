import { connect } from "amqplib";

import { amqpUrl, prefetch, QUORUM } from "./message-queue.mjs";

/**
 * Publishing with confirms and consuming with acknowledgements by amqplib, each on a channel of its own. `send` hands a body to
 * the channel; `prepare` declares what it needs beside the queue.
 *
 * @param {string} queue
 * @param {(channel: import("amqplib").ConfirmChannel, body: Buffer, confirmed: (error: Error | null) => void) => void} send
 * @param {(channel: import("amqplib").ConfirmChannel) => Promise<() => Promise<unknown>>} [prepare] gives what undoes it
 */
export async function amqplibClient(queue, send, prepare = async () => async () => undefined) {
  const connection = await connect(amqpUrl);
  const publishing = await connection.createConfirmChannel();
  const consuming = await connection.createChannel();
  await publishing.assertQueue(queue, { durable: true, arguments: QUORUM });
  await publishing.purgeQueue(queue);
  const undo = await prepare(publishing);
  await consuming.prefetch(prefetch);
  return {
    publish: (message) =>
      new Promise((resolve, reject) => {
        const body = Buffer.from(JSON.stringify(message));
        send(publishing, body, (error) => (error ? reject(error) : resolve()));
      }),
    async consume(handler) {
      const { consumerTag } = await consuming.consume(queue, async (delivery) => {
        if (delivery === null) return;
        await handler(JSON.parse(delivery.content.toString()));
        consuming.ack(delivery);
      });
      // The broker answers on the same channel, after all acknowledgements.
      return () => consuming.cancel(consumerTag);
    },
    waiting: async () => (await publishing.checkQueue(queue)).messageCount,
    async close() {
      await undo();
      await publishing.deleteQueue(queue);
      await connection.close();
    },
  };
}
