import { type Result } from "@twinloop/core-native/cli";
import type { AppTopics } from "./app-topics.ts";
import type { KnownSubscription } from "../admin.ts";
import type { TopicsLine } from "./app-topics.ts";
import { withAdmin } from "./with-admin.ts";
import { describeAge, describeTopics } from "./topics-report.ts";
import { isOfApp, nameOf } from "./topics-target.ts";

/** Lists the topics of the app, and subscriptions of the broker that the app does not declare. */
export async function listTopics(args: TopicsLine, manifest: AppTopics): Promise<Result> {
  const targets = manifest.subscriptions.map(({ topic, name }) => ({ topic, subscription: name }));
  const topics = describeTopics(manifest, targets);
  const broker = await ask(args);
  const others = broker.known.filter((each) => !isOfApp(manifest, each) && !isFormer(manifest, each));
  const value = {
    topics: topics.value,
    broker: broker.place,
    notInApp: others,
    ...(broker.problem === undefined ? {} : { problem: broker.problem }),
  };
  const more = others.map(
    (each) =>
      `${nameOf(each)}  NOT IN THE APP: ${each.isExpired ? "gets no more copies" : "gets a copy of each message"}, ` +
      `served ${each.isServed ? "now" : `${describeAge(each.servedMsAgo)} ago`}`,
  );
  if (more.length > 0) {
    more.push("look: topics depth; adopt: renamedFrom; move: topics move; delete: topics delete … --yes");
  }
  const unknown =
    broker.problem === undefined ? [] : [`the broker was not asked what else it has: ${broker.problem}`];
  return { value, text: [topics.text, ...more, ...unknown].join("\n") };
}

/** Whether the app declares the subscription under another name, of which this is a former one. */
function isFormer({ subscriptions }: AppTopics, { topic, formerly }: KnownSubscription): boolean {
  return subscriptions.some((each) => each.topic === topic && formerly.includes(each.name));
}

interface Asked {
  /** The broker, without its password; `null` where none could be opened. */
  readonly place: string | null;
  /** The subscriptions that the broker has. */
  readonly known: readonly KnownSubscription[];
  /** Why the broker could not be opened. */
  readonly problem?: string;
}

/**
 * Asks the broker for its subscriptions. A broker that cannot be reached is a remark, because the app's topics are
 * listed anyway.
 */
async function ask(args: TopicsLine): Promise<Asked> {
  try {
    return await withAdmin(args, async (admin) => ({
      place: admin.place,
      known: await admin.subscriptions(),
    }));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { place: null, known: [], problem };
  }
}
