import { Unclear } from "@twinloop/core-native/cli";
import type { DeadLetter, DeadLetterFilter } from "../admin.ts";
import { standingOf, standings } from "../standing.ts";
import type { TopicsOptions } from "./app-topics.ts";
import { describeCounts, describeDeadLetters, describeDepths, describePending } from "./topics-report.ts";
import type { Work } from "./topics-target.ts";

/** How many messages `dead` and `peek` list without `--limit`. */
const DEFAULT_LIMIT = 20;
/** The reasons for which a message becomes a dead letter. */
const REASONS = ["retries_exhausted", "unrecoverable", "misfit", "expired"];
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The `topics` commands that only read. */
export const lookers: Readonly<Record<string, Work>> = {
  depth: {
    async run(setting) {
      const { admin, known, target, manifest } = setting;
      const own = manifest.subscriptions.map(({ topic, name }) => ({ topic, subscription: name }));
      const depths =
        target === undefined
          ? await standings(admin, own, known)
          : [await standingOf(admin, target, own, known)];
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
