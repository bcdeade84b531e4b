import { randomUUID } from "node:crypto";

import { amqplibClient } from "./amqplib.mjs";

const QUEUE = "bench-amqplib-equal";
const EXCHANGE = "bench-amqplib-equal";

/**
 * amqplib with what Twinloop sends of each message: to a fanout exchange, persistent, with content type, timestamp and message id, and
 * `mandatory`, so that a message that reaches no queue is not taken for stored.
 */
export const openClient = () =>
  amqplibClient(
    QUEUE,
    (channel, body, confirmed) => {
      const options = {
        persistent: true,
        contentType: "application/json",
        timestamp: Math.floor(Date.now() / 1000),
        messageId: randomUUID(),
        mandatory: true,
      };
      channel.publish(EXCHANGE, "", body, options, confirmed);
    },
    async (channel) => {
      await channel.assertExchange(EXCHANGE, "fanout", { durable: true });
      await channel.bindQueue(QUEUE, EXCHANGE, "");
      channel.on("return", () => {
        throw new Error("the broker returned a message");
      });
      return () => channel.deleteExchange(EXCHANGE);
    },
  );
