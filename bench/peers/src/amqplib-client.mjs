import { amqplibClient } from "./amqplib.mjs";

const QUEUE = "bench-amqplib";

/** amqplib as its tutorials publish: to the queue itself, persistent, with a content type. */
export const openClient = () =>
  amqplibClient(QUEUE, (channel, body, confirmed) => {
    channel.sendToQueue(QUEUE, body, { persistent: true, contentType: "application/json" }, confirmed);
  });
