import { api } from "@twinloop/api";
import { messages, received, type BenchMessage } from "./messages.ts";

/** The publish workload: answered when the broker has confirmed the message. */
export const publish = api(
  { expose: true, method: "POST", path: "/publish" },
  async (message: BenchMessage): Promise<{ published: boolean }> => {
    await messages.publish(message);
    return { published: true };
  },
);

/** How many messages wait: one more for each that was published. */
export const queued = api(
  { expose: true, method: "GET", path: "/queued" },
  async (): Promise<{ queued: number }> => ({ queued: (await received.depth()).ready }),
);

/** Lets what is published wait, as it does at the peers, where nobody consumes. */
export async function holdMessages(): Promise<void> {
  await received.purge("waiting");
  await received.pause();
}
