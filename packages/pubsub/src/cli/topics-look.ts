import { Unclear } from "@twinloop/core-native/cli";
import type { DeadLetter, DeadLetterFilter, Depth, SubscriptionName } from "../admin.ts";
import type { TopicsOptions } from "./app-topics.ts";
import {
  describeCounts,
  describeDeadLetters,
  describeDepths,
  describePending,
  type ListedDepth,
} from "./topics-report.ts";
import { isOfApp, type Setting, type Work } from "./topics-target.ts";

/** How many messages `dead` and `peek` list without `--limit`. */
const DEFAULT_LIMIT = 20;
/** The reasons for which a message becomes a dead letter. */
const REASONS = ["retries_exhausted", "unrecoverable", "misfit", "expired"];
/** The counts of a subscription that the broker does not have yet. */
const NOTHING: Depth = { ready: 0, delayed: 0, inFlight: 0, dead: 0, oldestMs: 0 };
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The `topics` commands that only read. */
export const lookers: Readonly<Record<string, Work>> = {
  depth: {
    async run(setting) {
      const { admin, target } = setting;
      const depths: ListedDepth[] = [];
      for (const each of target === undefined ? everySubscription(setting) : [target]) {
        depths.push(await depthOf(setting, each));
      }
      return { value: { place: admin.place, depths }, text: describeDepths(admin.place, depths) };
    },
  },
  dead: {
    check: ({ topics }) => void filterOf(topics),
    async run({ admin, target, args: { topics } }) {
      const { limit = DEFAULT_LIMIT, after, counts, full } = topics;
      const filter = filterOf(topics);
      if (counts) {
        const value = await admin.deadLetterCounts(target!, filter);
        return { value, text: describeCounts(value) };
      }
      const value = await admin.deadLetters(target!, {
        limit,
        ...(after === undefined ? {} : { after }),
        ...filter,
      });
      return { value, text: describeDeadLetters(value, limit, full) };
    },
  },
  peek: {
    async run({ admin, target, args: { topics } }) {
      const { limit = DEFAULT_LIMIT, full } = topics;
      const value = await admin.peek(target!, { limit });
      return { value, text: describePending(value, limit, full) };
    },
  },
};

/** Lists the subscriptions of the app, then the others of the broker. */
function everySubscription({ known, manifest }: Setting): readonly SubscriptionName[] {
  const own = manifest.subscriptions.map(({ topic, name }) => ({ topic, subscription: name }));
  const others = known.filter(
    (each) =>
      !isOfApp(manifest, each) &&
      !own.some(({ topic, subscription }) => topic === each.topic && each.formerly.includes(subscription)),
  );
  return [...own, ...others.map(({ topic, subscription }) => ({ topic, subscription }))];
}

/**
 * The counts of one subscription, and what the broker knows of it: paused, served, and for how long not. A
 * subscription that was renamed is found by its former name too.
 */
async function depthOf(setting: Setting, target: SubscriptionName): Promise<ListedDepth> {
  const { admin, known, manifest } = setting;
  const found = known.find(
    ({ topic, subscription, formerly }) =>
      topic === target.topic &&
      (subscription === target.subscription || formerly.includes(target.subscription)),
  );
  // A subscription that no process has declared yet is in the app alone; RabbitMQ may have it without listing it.
  const isAskable = found !== undefined || admin.place.startsWith("amqp");
  const depth = isAskable ? await admin.depth(target).catch(nothingWhereMissing) : NOTHING;
  return {
    topic: target.topic,
    subscription: target.subscription,
    ...depth,
    isInApp: isOfApp(manifest, target),
    isPaused: found?.isPaused ?? false,
    isExpired: found?.isExpired ?? false,
    isServed: found?.isServed ?? false,
    servedMsAgo: found?.servedMsAgo ?? null,
  };
}

function nothingWhereMissing(error: unknown): Depth {
  if ((error as { code?: unknown }).code === "not_found") return NOTHING;
  throw error;
}

/** Reads the filter of dead letters. Errors: `Unclear` for an unknown reason or a time that cannot be read. */
function filterOf({ reason, since, until }: TopicsOptions): DeadLetterFilter {
  if (reason !== undefined && !REASONS.includes(reason)) {
    throw new Unclear(`--reason is ${JSON.stringify(reason)}; there are ${REASONS.join(", ")}.`);
  }
  return {
    ...(reason === undefined ? {} : { reason: reason as DeadLetter["reason"] }),
    ...(since === undefined ? {} : { since: instant("since", since) }),
    ...(until === undefined ? {} : { until: instant("until", until) }),
  };
}

/** Parses a time of the command line: `2h` is two hours ago; anything else must be a date. */
function instant(option: string, text: string): Date {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = count === undefined ? Date.parse(text) : Date.now() - Number(count) * UNITS[unit!]!;
  if (Number.isFinite(ms)) return new Date(ms);
  throw new Unclear(
    `--${option} is ${JSON.stringify(text)}: write how long ago, such as 30m, 2h or 7d, or a date such as 2026-01-31T08:00Z.`,
  );
}
