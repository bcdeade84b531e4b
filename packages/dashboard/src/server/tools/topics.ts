import type * as Admin from "@twinloop/pubsub/admin";
import { z } from "zod";
import type { AskTools } from "../../contract.ts";
import { importAdmin } from "../app-packages.ts";
import type { AskTool, Tools } from "../ask-tool.ts";
import { inMilliseconds } from "../in-milliseconds.ts";

/** How many messages are listed unless more are asked for. */
const DEFAULT_LIMIT = 50;

const SUBSCRIPTION = { topic: z.string().min(1), subscription: z.string().min(1) };
const LIMIT = z.int().min(1).max(500).default(DEFAULT_LIMIT);

type Listed = AskTools["topics.list"]["value"]["subscriptions"][number];

type TopicTool =
  "topics.list" | "topics.peek" | "topics.dead" | "topics.redrive" | "topics.pause" | "topics.resume";

/** The tools about messages. They work on the app's broker, hence for all of its processes, and receive no message. */
export const topicTools: Tools<TopicTool> = {
  "topics.list": {
    input: z.strictObject({}),
    run: () =>
      withBroker(async (pubsub, admin) => {
        const known = await admin.subscriptions();
        const all = await pubsub.standings(admin, pubsub.declaredSubscriptions(), known);
        return { place: admin.place, subscriptions: all.map(listed) };
      }),
  },
  "topics.peek": {
    input: z.strictObject({ ...SUBSCRIPTION, limit: LIMIT }),
    run: ({ limit = DEFAULT_LIMIT, ...of }) =>
      withBroker(async (_, admin) => (await admin.peek(of, { limit })).map(inMilliseconds)),
  },
  "topics.dead": {
    input: z.strictObject({ ...SUBSCRIPTION, limit: LIMIT, after: z.string().optional() }),
    run: ({ limit = DEFAULT_LIMIT, after, ...of }) =>
      withBroker(async (_, admin) => {
        const letters = await admin.deadLetters(of, { limit, ...(after === undefined ? {} : { after }) });
        return letters.map(inMilliseconds);
      }),
  },
  "topics.redrive": {
    input: z.strictObject({ ...SUBSCRIPTION, ids: z.array(z.string()).min(1).max(1_000).optional() }),
    needs: "changes",
    run: ({ ids, ...of }) => withBroker(async (_, admin) => ({ count: await admin.redrive(of, ids) })),
  },
  "topics.pause": acting((admin, of) => admin.pause(of)),
  "topics.resume": acting((admin, of) => admin.resume(of)),
};

function listed({ ready, oldestMs, ...standing }: Admin.Standing): Listed {
  const { topic, subscription, isServed, isPaused, delayed, inFlight, dead } = standing;
  const counts = { ready, delayed, inFlight, dead, oldestMs: ready === 0 ? null : oldestMs };
  return { topic, subscription, isServed, isPaused, ...counts };
}

/** A tool that acts on one subscription. */
function acting<Name extends "topics.pause" | "topics.resume">(
  act: (admin: Admin.Admin, of: Admin.SubscriptionName) => Promise<void>,
): AskTool<Name> {
  return {
    input: z.strictObject(SUBSCRIPTION),
    needs: "changes",
    run: (of) =>
      withBroker(async (_, admin) => {
        await act(admin, of);
        return null;
      }),
  };
}

/** Runs `work` with the app's broker open. */
async function withBroker<R>(work: (pubsub: typeof Admin, admin: Admin.Admin) => Promise<R>): Promise<R> {
  const pubsub = await importAdmin<typeof Admin>("pubsub");
  const admin = await pubsub.openAdmin();
  try {
    return await work(pubsub, admin);
  } finally {
    await admin.close();
  }
}
