/** What every client of the pubsub suite is told. */
export const amqpUrl = process.env.AMQP_URL ?? "amqp://guest:guest@127.0.0.1:5672";
export const natsUrl = process.env.NATS_URL ?? "nats://127.0.0.1:4222";
export const prefetch = Number(process.env.BENCH_PREFETCH ?? 256);
export const redisUrl = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
/** How many priorities the messages have, by turns; the greatest number first. */
export const priorities = Number(process.env.BENCH_PRIORITIES ?? 1);
/** Deliveries a second that are allowed; 0 for no limit. */
export const perSecond = Number(process.env.BENCH_RATE ?? 0);

/** Kept on disk by a majority of the brokers, as Twinloop's queues are. */
export const QUORUM = { "x-queue-type": "quorum" };
