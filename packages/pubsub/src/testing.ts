/**
 * Control over the `memory:` provider, for tests of an app. `advance` moves its clock forward.
 *
 * @packageDocumentation
 */
import { advanceMemory, drainMemory, publishedInMemory } from "./memory-provider.ts";
import { declarationOf } from "./registry.ts";
import type { Topic } from "./topic.ts";

/** A published message, as `memory.published` returns it. */
export interface PublishedMessage<Message> {
  /** The message's id, as `publish` returned it. */
  readonly id: string;
  /** The message as published, parsed from JSON: dates are strings. */
  readonly body: Message;
  /** The value of the ordering attribute; `null` where the topic has none. */
  readonly key: string | null;
  /** When the message was published. */
  readonly publishedAt: Date;
}

/**
 * The `memory:` provider of this process. Every method rejects with `failed_precondition` where the app uses another
 * provider.
 */
export const memory = {
  /** Moves the clock forward by `ms` milliseconds: messages that were delayed until then become due. */
  async advance(ms: number): Promise<void> {
    await advanceMemory(ms);
  },

  /**
   * Resolves when no message is ready and no handler runs. Delayed messages stay delayed. In a test that has not called
   * `start()`, the subscriptions begin to handle messages here.
   */
  async drain(): Promise<void> {
    await drainMemory();
  },

  /** Lists the messages that were published to a topic, the oldest first. */
  async published<Message>(topic: Topic<Message>): Promise<PublishedMessage<Message>[]> {
    return (await publishedInMemory(declarationOf(topic))) as PublishedMessage<Message>[];
  },
};
