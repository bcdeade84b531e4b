/**
 * Control over the `memory:` provider, for tests of an app: its clock runs ahead by what it is moved.
 *
 * @packageDocumentation
 */
import { connect } from "./broker.ts";
import { PubsubError } from "./error.ts";
import { call, Operation } from "./native.ts";
import { declarationOf, type Topic } from "./topic.ts";

/** A message that was published. */
export interface PublishedMessage<Message> {
  readonly id: string;
  /** As it was published, parsed from JSON: dates are text. */
  readonly body: Message;
  readonly key: string | null;
  readonly publishedAt: Date;
}

/** The `memory:` provider of this process. Every method fails with `failed_precondition` where another one is used. */
export const memory = {
  /** Moves the clock by so many milliseconds: what was delayed until then becomes due. */
  async advance(ms: number): Promise<void> {
    const broker = await connect();
    await call(Operation.advance, `[${broker.number},${ms}]`);
  },

  /** Resolves when nothing is ready and no handler runs. What is delayed stays so. */
  async drain(): Promise<void> {
    const broker = await connect();
    await call(Operation.settle, `[${broker.number}]`);
  },

  /** What was published to a topic, the oldest first. */
  async published<Message>(topic: Topic<Message>): Promise<PublishedMessage<Message>[]> {
    const broker = await connect();
    const planned = broker.topics.get(declarationOf(topic));
    if (!planned)
      throw new PubsubError("failed_precondition", `the topic "${topic.name}" was declared too late`);
    const found = await call<(PublishedMessage<Message> & { publishedAt: number })[]>(
      Operation.published,
      `[${broker.number},${planned.number}]`,
    );
    return found.map((message) => ({ ...message, publishedAt: new Date(message.publishedAt) }));
  },
};
