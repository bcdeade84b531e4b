import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

import { natsUrl, prefetch } from "./message-queue.mjs";

const NAME = "bench-nats";

/** Publishing with acknowledgements to a work-queue stream and consuming by NATS's own client for JavaScript, as its README teaches. */
export async function openClient() {
  const connection = await connect({ servers: new URL(natsUrl).host });
  const manager = await jetstreamManager(connection);
  await manager.streams.delete(NAME).catch(() => undefined);
  await manager.streams.add({ name: NAME, subjects: [NAME], retention: RetentionPolicy.Workqueue });
  await manager.consumers.add(NAME, {
    durable_name: NAME,
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: prefetch,
  });
  const client = jetstream(connection);
  const consumer = await client.consumers.get(NAME, NAME);
  return {
    publish: (message) => client.publish(NAME, JSON.stringify(message)),
    async consume(handler) {
      const messages = await consumer.consume({ max_messages: prefetch });
      const consuming = (async () => {
        for await (const message of messages) {
          await handler(message.json());
          message.ack();
        }
      })();
      return async () => {
        await messages.close();
        await consuming;
        await connection.flush();
      };
    },
    waiting: async () => (await manager.streams.info(NAME)).state.messages,
    async close() {
      await manager.streams.delete(NAME);
      await connection.drain();
    },
  };
}
