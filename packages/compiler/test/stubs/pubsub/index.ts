import type { SubscriptionOptions, TopicOptions } from "../../../../pubsub/src/options.ts";

export declare class Topic<Message> {
  constructor(name: string, options?: TopicOptions<Message>);
  publish(message: Message): Promise<string>;
}

export declare class Subscription<Message> {
  constructor(topic: Topic<Message>, name: string, options: SubscriptionOptions<Message>);
}
