// A database, consumers of RabbitMQ and timers, as a Node program has them: pg, amqplib and setInterval.
import { connect } from "amqplib";
import pg from "pg";

import { QUORUM } from "./message-queue.mjs";
import { cronJobs, subscriptions } from "./scale.mjs";

const HOUR_MS = 3_600_000;
const PREFETCH = 100;

/** Opens everything that the environment asks for. */
export async function openInfrastructure() {
  if (process.env.DATABASE_URL) {
    const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
    await pool.query("select 1");
  }
  for (let job = 0; job < cronJobs; job += 1) setInterval(() => undefined, HOUR_MS);
  if (subscriptions === 0) return;
  const connection = await connect(process.env.AMQP_URL);
  const channel = await connection.createChannel();
  // For each consumer of the channel by itself, as RabbitMQ reads it.
  await channel.prefetch(PREFETCH);
  for (let index = 0; index < subscriptions; index += 1) {
    const queue = `bench-scale-${index}`;
    await channel.assertQueue(queue, { durable: true, arguments: QUORUM });
    await channel.consume(queue, (delivery) => delivery && channel.ack(delivery));
  }
}

/** Deletes the queues of so many subscriptions. */
export async function deleteQueues(url, count) {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  for (let index = 0; index < count; index += 1) await channel.deleteQueue(`bench-scale-${index}`);
  await connection.close();
}
