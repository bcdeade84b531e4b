import type { FoundMessage, TestControl } from "@twinloop/core-native/internal";
import { openBroker, type OpenBroker } from "./broker.ts";
import { native } from "./native.ts";
import { memory } from "./testing.ts";
import { Topic } from "./topic.ts";

/** The part of messages in tests of an app: the `memory:` provider. Another provider keeps its own time and its own count. */
export const testControl: TestControl = {
  async advance(ms: number): Promise<void> {
    const broker = inMemory();
    if (broker) await native.call("advance", [broker.number, ms]);
  },

  async settled(): Promise<void> {
    if (openBroker()) await memory.drain();
  },

  async published(topic: object): Promise<readonly FoundMessage[] | undefined> {
    return topic instanceof Topic ? memory.published(topic as Topic<unknown>) : undefined;
  },
};

function inMemory(): OpenBroker | undefined {
  const broker = openBroker();
  return broker?.provider === "memory" ? broker : undefined;
}
