import { Unclear } from "@twinloop/core-native/cli";
import { parseDuration } from "@twinloop/core-native/internal";
import type { NewTime, Recalled } from "../admin.ts";
import type { TopicsLine, TopicsOptions } from "./app-topics.ts";
import type { Work } from "./topics-target.ts";

/** The `topics` commands on one message of a topic: `cancel` and `reschedule`. */
export const recallers: Readonly<Record<string, Work>> = {
  cancel: {
    isOfTopic: true,
    check: (args) => void messageOf(args, "cancel"),
    async run({ admin, args }) {
      const [topic, id] = messageOf(args, "cancel");
      const value = await admin.cancel(topic, id);
      return { value, text: describeRecalled(id, value, "cancelled") };
    },
  },
  reschedule: {
    isOfTopic: true,
    check: (args) => {
      messageOf(args, "reschedule");
      timeOf(args.topics);
    },
    async run({ admin, args }) {
      const [topic, id] = messageOf(args, "reschedule");
      const value = await admin.reschedule(topic, id, timeOf(args.topics));
      return { value, text: describeRecalled(id, value, "rescheduled") };
    },
  },
};

/** The topic and the id that the line names. */
function messageOf({ words }: TopicsLine, word: string): readonly [topic: string, id: string] {
  const [, topic, id, more] = words;
  if (topic !== undefined && id !== undefined && more === undefined) return [topic, id];
  throw new Unclear(`Name the topic and one id: twinloop topics ${word} <topic> <id>.`);
}

/** The time that the line gives. Errors: `Unclear` for none, two, or one that cannot be read. */
function timeOf({ delay, runAt }: TopicsOptions): NewTime {
  if ((delay === undefined) === (runAt === undefined)) {
    throw new Unclear("Say when: --delay 10m, or --run-at 2026-01-31T08:00Z.");
  }
  if (delay !== undefined) {
    if (parseDuration(delay) !== undefined) return { delay: delay as never };
    throw new Unclear(`--delay is ${JSON.stringify(delay)}: write a time such as 30s, 10m or 2h.`);
  }
  const ms = Date.parse(runAt!);
  if (Number.isFinite(ms)) return { runAt: new Date(ms) };
  throw new Unclear(`--run-at is ${JSON.stringify(runAt)}: write a date such as 2026-01-31T08:00Z.`);
}

const PLACES = {
  waiting: "",
  in_flight: "in flight",
  dead: "a dead letter",
  gone: "not there: handled, or never was",
};

/** Describes an outcome, a line for each subscription. */
export function describeRecalled(id: string, { changed, subscriptions }: Recalled, done: string): string {
  const each = Object.entries(subscriptions).map(
    ([name, place]) => `  ${name}: ${place === "waiting" ? done : PLACES[place]}`,
  );
  const inAll = each.length === 0 ? ", before it reached the broker" : " in all subscriptions";
  const told = { all: `${done}${inAll}`, some: `${done} in some subscriptions`, none: `not ${done}` }[
    changed
  ];
  return [`${id}: ${told}`, ...each].join("\n");
}
