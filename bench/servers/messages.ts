import { Subscription, Topic } from "@twinloop/pubsub";

/** What is published and consumed: 256 bytes as JSON. */
export interface BenchMessage {
  number: number;
  kind: "click" | "visit";
  path: string;
  note: string;
}

type Sink = (message: BenchMessage) => Promise<void>;

let sink: Sink = async () => undefined;

/** Says who gets what is delivered from now on. */
export function deliverTo(next: Sink): void {
  sink = next;
}

/** The topic of the pubsub suite. */
export const messages = new Topic<BenchMessage>("bench", {
  deliveryGuarantee: "at-least-once",
  priorities: Number(process.env["BENCH_PRIORITIES"] ?? 1) > 1,
});

/** Deliveries a second that the rate-limit rounds allow; none where it is not set. */
const perSecond = Number(process.env["BENCH_RATE"] ?? 0);

/** The most messages of one call in the rounds with batches; 0 where each has a call of its own. */
const batchSize = Number(process.env["BENCH_BATCH"] ?? 0);

/** How the subscription is given its messages. */
const handling =
  batchSize > 0
    ? {
        maxBatchSize: batchSize,
        batchHandler: async (batch: readonly BenchMessage[]) => void (await Promise.all(batch.map(sink))),
      }
    : { handler: (message: BenchMessage) => sink(message) };

/** The topic's one subscription, which handles as many messages at once as the peers prefetch. */
export const received = new Subscription(messages, "bench", {
  maxConcurrency: Number(process.env["BENCH_PREFETCH"] ?? 256),
  ...(perSecond > 0 ? { rateLimit: { messages: perSecond, per: "1s" } } : {}),
  ...handling,
});
