/**
 * The `topics` commands that change something: `redrive`, `promote`, `delete`, `purge`, `move`, `pause`, `resume`.
 *
 * Each has a `check`, which looks at the command line alone and runs before anything is connected, and a `run`. What
 * cannot be taken back (`purge`, `delete` of a subscription) wants `--yes`.
 */
import { AppProblem, Unclear } from "@twinloop/core-native/cli";
import type { Admin, SubscriptionName } from "../admin.ts";
import type { TopicsLine } from "./app-topics.ts";
import { isOfApp, named, nameOf, parseName, type Work } from "./topics-target.ts";

/** The `topics` commands that change messages or subscriptions. */
export const movers: Readonly<Record<string, Work>> = {
  redrive: {
    check: ({ words, topics }) => {
      const hasIds = words.length > 2;
      if (!hasIds && !topics.all) {
        throw new Unclear("Name the ids of the dead letters to deliver again, or --all.");
      }
      if (hasIds && topics.all) throw new Unclear("Give either ids or --all.");
    },
    async run({ admin, target, args }) {
      const redriven = await admin.redrive(target!, args.topics.all ? undefined : idsOf(args));
      return { value: { redriven }, text: `${nameOf(target!)}: ${redriven} to be delivered again` };
    },
  },
  promote: onIds("make due", (admin, target, ids) => admin.promote(target, ids), "promoted", "made due"),
  delete: {
    check: ({ words, topics }) => {
      if (words.length === 2 && !topics.yes) {
        throw new Unclear(
          `This deletes the subscription ${words[1]} with all its messages for good: say so with --yes, or name ids.`,
        );
      }
    },
    async run({ admin, target, args, manifest }) {
      const ids = idsOf(args);
      if (ids.length > 0) {
        const deleted = await admin.delete(target!, ids);
        return { value: { deleted }, text: `${nameOf(target!)}: ${deleted} deleted` };
      }
      if (isOfApp(manifest, target!)) {
        throw new AppProblem(
          `${nameOf(target!)} is a subscription of the app, which would make it again: remove it there first, or empty it ` +
            "with `topics purge`.",
        );
      }
      const deleted = await admin.remove(target!);
      const text = `${nameOf(target!)}: deleted, with ${deleted} messages`;
      return { value: { deleted, subscription: nameOf(target!) }, text };
    },
  },
  purge: {
    check: ({ words, topics }) => {
      const what = topics.dead ? "all dead letters" : "all messages that wait";
      if (!topics.yes) throw new Unclear(`This deletes ${what} of ${words[1]} for good: say so with --yes.`);
    },
    async run({ admin, target, args }) {
      const purged = await admin.purge(target!, args.topics.dead ? "dead" : "waiting");
      return { value: { purged }, text: `${nameOf(target!)}: ${purged} deleted` };
    },
  },
  move: {
    check: ({ words }) => {
      if (words.length !== 3) {
        throw new Unclear("Name where to: twinloop topics move <topic/subscription> <topic/subscription>.");
      }
      const [from, to] = [parseName(words[1]!), parseName(words[2]!)];
      if (from.topic !== to.topic) {
        throw new Unclear(
          `Messages of ${from.topic} do not fit ${to.topic}: name a subscription of ${from.topic}.`,
        );
      }
    },
    async run({ admin, target, known, manifest, args }) {
      const to = named(args.words[2]!, manifest, known, admin.place);
      const moved = await admin.move(target!, to.subscription);
      return {
        value: { moved, from: nameOf(target!), to: nameOf(to) },
        text: `${nameOf(target!)}: ${moved} moved to ${nameOf(to)}`,
      };
    },
  },
  pause: {
    async run({ admin, target }) {
      await admin.pause(target!);
      const text = `${nameOf(target!)}: paused in all processes, also those that start later, until \`topics resume\``;
      return { value: { subscription: nameOf(target!), paused: true }, text };
    },
  },
  resume: {
    async run({ admin, target }) {
      await admin.resume(target!);
      const text = `${nameOf(target!)}: resumed in all processes`;
      return { value: { subscription: nameOf(target!), paused: false }, text };
    },
  },
};

/** The ids of messages: the words after the subscription. */
function idsOf({ words }: TopicsLine): readonly string[] {
  return words.slice(2);
}

/** Makes a command that takes at least one id and tells how many messages it found. */
function onIds(
  what: string,
  work: (admin: Admin, target: SubscriptionName, ids: readonly string[]) => Promise<number>,
  field: string,
  done: string,
): Work {
  return {
    check: ({ words }) => {
      if (words.length < 3) throw new Unclear(`Name the ids of the messages to ${what}.`);
    },
    async run({ admin, target, args }) {
      const count = await work(admin, target!, idsOf(args));
      return { value: { [field]: count }, text: `${nameOf(target!)}: ${count} ${done}` };
    },
  };
}
