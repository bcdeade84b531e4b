import { Unclear } from "@twinloop/core-native/cli";
import type { ReplayFrom, ReplayRange } from "../admin.ts";
import type { TopicsLine, TopicsOptions } from "./app-topics.ts";
import { nameOf, type Work } from "./topics-target.ts";

/** The `topics` command that delivers messages of a topic's history again. */
export const replayers: Readonly<Record<string, Work>> = {
  replay: {
    check: ({ words, topics }: TopicsLine) => {
      if (words.length > 2) {
        throw new Unclear("Name one subscription: twinloop topics replay <topic/subscription> --from first.");
      }
      rangeOf(topics);
    },
    async run({ admin, target, args }) {
      const replayed = await admin.replay(target!, rangeOf(args.topics));
      const text = `${nameOf(target!)}: ${replayed} of the topic's history to be delivered again`;
      return { value: { replayed, subscription: nameOf(target!) }, text };
    },
  },
};

/** The part of the history that the line names. Errors: `Unclear` for none, or one that cannot be read. */
function rangeOf({ from, to }: TopicsOptions): ReplayRange {
  if (from === undefined) {
    throw new Unclear("Say from where: --from first, --from offset:1000, or --from 2026-01-31T08:00Z.");
  }
  const range = { from: placeOf(from), ...(to === undefined ? {} : { until: dateOf("--to", to) }) };
  if (typeof range.from === "object" && "time" in range.from && range.until !== undefined) {
    if (range.until <= (range.from.time as Date)) {
      throw new Unclear("--to is not later than --from: exchange them.");
    }
  }
  return range;
}

function placeOf(given: string): ReplayFrom {
  if (given === "first") return "first";
  const offset = /^offset:(\d{1,15})$/.exec(given)?.[1];
  return offset === undefined ? { time: dateOf("--from", given) } : { offset: Number(offset) };
}

function dateOf(name: "--from" | "--to", given: string): Date {
  const date = /^\d{4}-\d\d-\d\d/.test(given) ? new Date(given) : new Date(Number.NaN);
  if (!Number.isNaN(date.getTime())) return date;
  const place = name === "--from" ? "first, offset:<number>, or " : "";
  throw new Unclear(`${name} is ${JSON.stringify(given)}: write ${place}a date such as 2026-01-31T08:00Z.`);
}
