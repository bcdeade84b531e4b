import { build, type Manifest } from "@twinloop/compiler";
import type { Admin, SubscriptionName as Target } from "@twinloop/pubsub/admin";
import { AppProblem } from "./app-package.ts";
import type { Arguments } from "./command.ts";
import { withAdmin } from "./topics-admin.ts";
import { describeDeadLetters, describeDepths, describeTopics, nameOf } from "./topics-report.ts";

/** What `topics` is told beside its words. */
export interface TopicsOptions {
  /** For programs. */
  readonly json: boolean;
  readonly limit: number | undefined;
  readonly after: string | undefined;
  readonly all: boolean;
  readonly dead: boolean;
  readonly yes: boolean;
}

/** What a command gives: a value for programs, and the same as text for people. */
interface Result {
  readonly value: unknown;
  readonly text: string;
}

type Work = (targets: readonly Target[], args: Arguments, manifest: Manifest) => Promise<Result>;

const WORKS: Readonly<Record<string, Work>> = {
  list: async (targets, _args, manifest) => describeTopics(manifest, targets),
  depth: showDepths,
  dead: showDeadLetters,
  redrive,
  purge,
};

const DEFAULT_LIMIT = 20;

/** Thrown where the words do not say what is meant; nothing was done. */
class Unclear extends Error {}

/**
 * `twinloop topics <list|depth|dead|redrive|purge>`.
 *
 * Shape:  0 when it was done, 1 when the app or its broker has problems, 2 for the command line.
 */
export async function topicsCommand(args: Arguments): Promise<number> {
  const [word = "list"] = args.words;
  const work = Object.hasOwn(WORKS, word) ? WORKS[word] : undefined;
  try {
    if (!work) {
      throw new Unclear(`There is no \`topics ${word}\`; there are ${Object.keys(WORKS).join(", ")}.`);
    }
    const { root, tsconfig, topics } = args;
    const { manifest } = await build(root, tsconfig === undefined ? {} : { tsconfig });
    const { value, text } = await work(findTargets(manifest, args, word), args, manifest);
    process.stdout.write(topics.json ? `${JSON.stringify(value)}\n` : `${text}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof Unclear ? 2 : 1;
  }
}

/** The subscription that is named, or all of them for what only looks. */
function findTargets(manifest: Manifest, { words }: Arguments, word: string): readonly Target[] {
  const all = manifest.subscriptions.map(({ topic, name }) => ({ topic, subscription: name }));
  const name = words[1];
  if (name === undefined) {
    if (word === "list" || word === "depth") return all;
    throw new Unclear(`Name the subscription: twinloop topics ${word} <topic/subscription>.`);
  }
  const found = all.filter((target) => nameOf(target) === name);
  if (found.length > 0) return found;
  const known = all.map(nameOf).join(", ") || "none";
  throw new AppProblem(`The app has no subscription "${name}"; it has ${known}.`);
}

async function showDepths(targets: readonly Target[], args: Arguments, manifest: Manifest): Promise<Result> {
  return withAdmin(args.root, manifest, async (admin) => {
    const depths = [];
    for (const target of targets) {
      depths.push({ ...target, ...(await admin.depth(target)) });
    }
    return { value: { place: admin.place, depths }, text: describeDepths(admin.place, depths) };
  });
}

/** Runs `work` on the one subscription that was named. */
function withTarget(
  targets: readonly Target[],
  { root }: Arguments,
  manifest: Manifest,
  work: (admin: Admin, target: Target) => Promise<Result>,
): Promise<Result> {
  return withAdmin(root, manifest, (admin) => work(admin, targets[0]!));
}

function showDeadLetters(targets: readonly Target[], args: Arguments, manifest: Manifest): Promise<Result> {
  const { limit = DEFAULT_LIMIT, after } = args.topics;
  return withTarget(targets, args, manifest, async (admin, target) => {
    const options = after === undefined ? { limit } : { limit, after };
    const value = await admin.deadLetters(target, options);
    return { value, text: describeDeadLetters(value, limit) };
  });
}

async function redrive(targets: readonly Target[], args: Arguments, manifest: Manifest): Promise<Result> {
  const ids = args.words.slice(2);
  if (ids.length === 0 && !args.topics.all) {
    throw new Unclear("Name the ids of the dead letters to deliver again, or --all.");
  }
  if (ids.length > 0 && args.topics.all) throw new Unclear("Give either ids or --all.");
  return withTarget(targets, args, manifest, async (admin, target) => {
    const redriven = await admin.redrive(target, args.topics.all ? undefined : ids);
    return { value: { redriven }, text: `${nameOf(target)}: ${redriven} to be delivered again` };
  });
}

async function purge(targets: readonly Target[], args: Arguments, manifest: Manifest): Promise<Result> {
  const part = args.topics.dead ? "dead" : "waiting";
  const what = part === "dead" ? "all dead letters" : "all messages that wait";
  if (!args.topics.yes) {
    throw new Unclear(`This deletes ${what} of ${nameOf(targets[0]!)} for good: say so with --yes.`);
  }
  return withTarget(targets, args, manifest, async (admin, target) => {
    const purged = await admin.purge(target, part);
    return { value: { purged }, text: `${nameOf(target)}: ${purged} deleted` };
  });
}
