import { withSslMode } from "../harness/database.mjs";

/** Messages that a process has at once: what the peers prefetch, and the subscription's `maxConcurrency`. */
const PREFETCH = 256;
/** Publishes that wait for their confirmation at once. */
const IN_FLIGHT = 1_000;
const IN_FLIGHT_EMBEDDED = 64;
/** Deliveries a second in the rounds with a limit: more than a round has, so that the limit costs and does not wait. */
const PER_SECOND = 1_000_000;
/** The most messages of one call of Twinloop's batch handler: two such batches are with a process at once. */
const BATCH = PREFETCH / 2;
const LOCAL_NATS = "nats://127.0.0.1:4222";
const LOCAL_BROKER = "amqp://guest:guest@127.0.0.1:5672";

const own = (/** @type {string} */ name) => ({
  name,
  module: new URL(`${name}-client.mjs`, import.meta.url).href,
});
const peer = (/** @type {string} */ name) => ({
  name,
  module: new URL(`../peers/src/${name}-client.mjs`, import.meta.url).href,
});

/** The broker of the run. */
export const brokerUrl = () => process.env["AMQP_URL"] ?? LOCAL_BROKER;

/**
 * Queues of RabbitMQ, beside both clients for Node; amqplib bare and with the properties that Twinloop sends.
 *
 * @returns {import("./queue-rounds.mjs").Store}
 */
export const rabbitmq = () => ({
  name: "rabbitmq",
  clients: [own("twinloop"), peer("amqplib"), peer("amqplib-equal"), peer("rabbitmq-client")],
  verbs: ["publish"],
  inFlight: IN_FLIGHT,
  env: environment({ AMQP_URL: brokerUrl(), PUBSUB_URL: brokerUrl() }),
});

/** The NATS server of the run, which has to run with JetStream. */
export const natsUrl = () => process.env["NATS_URL"] ?? LOCAL_NATS;

/**
 * Work-queue streams of NATS JetStream, beside NATS's own client.
 *
 * @returns {import("./queue-rounds.mjs").Store}
 */
export const nats = () => ({
  name: "nats",
  clients: [own("twinloop"), peer("nats")],
  verbs: ["publish"],
  inFlight: IN_FLIGHT,
  env: environment({ NATS_URL: natsUrl(), PUBSUB_URL: natsUrl() }),
});

/**
 * Queues in PostgreSQL, beside pg-boss.
 *
 * @param {string} url
 * @returns {import("./queue-rounds.mjs").Store}
 */
export const postgres = (url) => ({
  name: "postgres",
  clients: [own("twinloop"), peer("pg-boss")],
  verbs: ["publish", "publishBatches"],
  inFlight: IN_FLIGHT,
  env: environment({ DATABASE_URL: withSslMode(url), PUBSUB_URL: withSslMode(url) }),
});

/**
 * The embedded file, which has no peer.
 *
 * @param {string} folder
 * @returns {import("./queue-rounds.mjs").Store}
 */
export const embedded = (folder) => ({
  name: "embedded",
  clients: [own("twinloop")],
  verbs: ["publish"],
  inFlight: IN_FLIGHT_EMBEDDED,
  env: environment({ PUBSUB_URL: `embedded:${folder}/messages.redb` }),
});

/**
 * Messages of ten priorities in PostgreSQL, beside pg-boss there and BullMQ in Redis.
 *
 * @param {string} url
 * @param {string} redisUrl
 * @returns {import("./queue-rounds.mjs").Store}
 */
export const priority = (url, redisUrl) => ({
  name: "priority",
  clients: [own("twinloop"), peer("pg-boss"), peer("bullmq")],
  verbs: ["publish"],
  inFlight: IN_FLIGHT,
  env: environment({ ...besideRedis(url, redisUrl), BENCH_PRIORITIES: "10" }),
});

/**
 * Messages that begin at most at a rate over all processes: in PostgreSQL, and beside it BullMQ in Redis. pg-boss has no such limit.
 *
 * @param {string} url
 * @param {string} redisUrl
 * @returns {import("./queue-rounds.mjs").Store}
 */
export const rateLimit = (url, redisUrl) => ({
  name: "rate limit",
  clients: [own("twinloop"), peer("bullmq")],
  verbs: ["publish"],
  inFlight: IN_FLIGHT,
  env: environment({ ...besideRedis(url, redisUrl), BENCH_RATE: String(PER_SECOND) }),
});

/**
 * Messages published and handled in batches, in PostgreSQL: beside pg-boss there, and BullMQ in Redis, whose workers take jobs one by one.
 *
 * @param {string} url
 * @param {string} redisUrl
 * @returns {import("./queue-rounds.mjs").Store}
 */
export const batches = (url, redisUrl) => ({
  name: "batches",
  clients: [own("twinloop"), peer("pg-boss"), peer("bullmq")],
  verbs: ["publishBatches"],
  inFlight: IN_FLIGHT,
  env: environment({ ...besideRedis(url, redisUrl), BENCH_BATCH: String(BATCH) }),
});

/** Where messages are kept in a part that has peers in PostgreSQL and in Redis. @param {string} url @param {string} redisUrl */
function besideRedis(url, redisUrl) {
  return { DATABASE_URL: withSslMode(url), PUBSUB_URL: withSslMode(url), REDIS_URL: redisUrl };
}

/** @param {Record<string, string>} of */
function environment(of) {
  return { DATABASE_URL: undefined, BENCH_PREFETCH: String(PREFETCH), LOG_LEVEL: "error", ...of };
}

/** Says what is the same for all clients. */
export const CONDITIONS = `256 bytes each, ${PREFETCH} with a process at once, ${IN_FLIGHT.toLocaleString("en")} publishes in flight (embedded: ${IN_FLIGHT_EMBEDDED})`;
