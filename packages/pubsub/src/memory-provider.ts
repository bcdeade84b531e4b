import { connect } from "./broker.ts";
import { PubsubError } from "./error.ts";
import { native } from "./native.ts";
import type { DeclaredTopic } from "./registry.ts";
import { serve } from "./serving.ts";

/** A message that was published, its body parsed from JSON. */
export interface KeptMessage {
  readonly id: string;
  readonly body: unknown;
  readonly key: string | null;
  readonly publishedAt: Date;
}

/** Resolves when no message is ready and no handler runs; the subscriptions of an app that has not started begin here. */
export async function drainMemory(): Promise<void> {
  const broker = await connect();
  // Not for other providers: their messages do not belong to the test.
  if (broker.provider === "memory") await serve(broker);
  await native.call("settle", [broker.number]);
}

/** Lists the messages that were published to a topic, the oldest first. */
export async function publishedInMemory(topic: DeclaredTopic): Promise<KeptMessage[]> {
  const broker = await connect();
  const planned = broker.topics.get(topic);
  if (!planned)
    throw new PubsubError("failed_precondition", `the topic "${topic.name}" was declared too late`);
  const found = await native.call<(KeptMessage & { publishedAt: number })[]>("published", [
    broker.number,
    planned.number,
  ]);
  return found.map((message) => ({ ...message, publishedAt: new Date(message.publishedAt) }));
}

/** Moves the provider's clock forward. */
export async function advanceMemory(ms: number): Promise<void> {
  const broker = await connect();
  await native.call("advance", [broker.number, ms]);
}
