/** What every client of the pubsub suite is told. */
export const amqpUrl = process.env.AMQP_URL ?? "amqp://guest:guest@127.0.0.1:5672";
export const prefetch = Number(process.env.BENCH_PREFETCH ?? 256);

/** Kept on disk by a majority of the brokers, as Twinloop's queues are. */
export const QUORUM = { "x-queue-type": "quorum" };
