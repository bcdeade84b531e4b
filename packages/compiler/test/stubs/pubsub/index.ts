export declare class Topic<Message> {
  constructor(name: string, options?: object);
  publish(message: Message): Promise<string>;
}

export declare class Subscription<Message> {
  constructor(topic: Topic<Message>, name: string, options: { handler: (message: Message) => Promise<void> });
}
