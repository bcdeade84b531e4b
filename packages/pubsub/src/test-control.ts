import type { FoundMessage, TestControl } from "@twinloop/core-native/internal";
import { openBroker } from "./broker.ts";
import { advanceMemory, drainMemory, publishedInMemory } from "./memory-provider.ts";
import { findDeclaration } from "./registry.ts";

/** The part of messages in tests of an app: the `memory:` provider. Another provider keeps its own time and its own count. */
export const testControl: TestControl = {
  async advance(ms: number): Promise<void> {
    if (openBroker()?.provider === "memory") await advanceMemory(ms);
  },

  async settled(): Promise<void> {
    if (openBroker()) await drainMemory();
  },

  async published(topic: object): Promise<readonly FoundMessage[] | undefined> {
    const declared = findDeclaration(topic);
    return declared && publishedInMemory(declared);
  },
};
