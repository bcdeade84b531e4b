import { AppProblem, printed, Unclear, type CommandLine, type Result } from "@twinloop/core-native/cli";
import { appTopics, topicsArguments, type AppTopics, type TopicsLine } from "./app-topics.ts";
import { withAdmin } from "./with-admin.ts";
import { lookers } from "./topics-look.ts";
import { listTopics } from "./topics-list.ts";
import { movers } from "./topics-move.ts";
import { recallers } from "./topics-recall.ts";
import { replayers } from "./topics-replay.ts";
import { named, parseName, type Work } from "./topics-target.ts";

const WORKS: Readonly<Record<string, Work>> = { ...lookers, ...movers, ...recallers, ...replayers };
const WORDS = ["list", ...Object.keys(WORKS)];

/**
 * Runs `twinloop topics <list|depth|peek|dead|redrive|replay|delete|promote|cancel|reschedule|purge|move|pause|resume>`.
 *
 * Shape:  exit code 0 for success, 1 for a problem of the app or its broker or an unknown id or subscription, 2 for an error
 *         in the command line.
 */
export function topicsCommand(line: CommandLine): Promise<number> {
  return printed(line.options["json"] === true, () => topicsAnswer(line));
}

/** Does the work of `topics`; rejects with `Unclear`, `AppProblem` or an error of the broker. */
export function topicsAnswer(line: CommandLine): Promise<Result> {
  return run(topicsArguments(line), line);
}

async function run(args: TopicsLine, line: CommandLine): Promise<Result> {
  const [word = "list", name] = args.words;
  const work = Object.hasOwn(WORKS, word) ? WORKS[word] : undefined;
  if (!work && word !== "list") {
    throw new Unclear(`There is no \`topics ${word}\`; there are ${WORDS.join(", ")}.`);
  }
  if (work && name === undefined && word !== "depth") {
    const [what, form] = work.isOfTopic
      ? ["topic", "<topic> <id>"]
      : ["subscription", "<topic/subscription>"];
    throw new Unclear(`Name the ${what}: twinloop topics ${word} ${form}.`);
  }
  if (name !== undefined && word !== "list" && !work?.isOfTopic) parseName(name);
  work?.check?.(args);
  const manifest = appTopics(await line.manifest());
  if (!work) return listTopics(args, manifest);
  tellWhereItLooks();
  return withTarget(args, manifest, work, name);
}

/** Warns where `PUBSUB_URL` is unset, because the command may then open another broker than the app. */
function tellWhereItLooks(): void {
  if (process.env["PUBSUB_URL"]) return;
  process.stderr.write("PUBSUB_URL is not set in this shell: this looks where a development app would.\n");
}

/** Finds the subscription that the command line names: of the app, or else of the broker. */
async function withTarget(
  args: TopicsLine,
  manifest: AppTopics,
  work: Work,
  name: string | undefined,
): Promise<Result> {
  const isOfApp =
    name !== undefined && manifest.subscriptions.some((each) => `${each.topic}/${each.name}` === name);
  let isReached = false;
  try {
    return await withAdmin(args, async (admin) => {
      isReached = true;
      if (admin.place === "memory:") {
        throw new AppProblem(
          "PUBSUB_URL is memory:, which only the app's own process can see: use the methods of Subscription within the app.",
        );
      }
      const known = await admin.subscriptions();
      const isNamed = name !== undefined && !work.isOfTopic;
      const target = isNamed ? named(name, manifest, known, admin.place) : undefined;
      return work.run({ admin, known, manifest, args, target });
    });
  } catch (error) {
    if (isReached || isOfApp || name === undefined || work.isOfTopic || !(error instanceof Error))
      throw error;
    const own = manifest.subscriptions.map((each) => `${each.topic}/${each.name}`).join(", ") || "none";
    throw new Error(
      `The app has no subscription "${name}"; it has ${own}. The broker could not be asked: ${error.message}`,
      { cause: error },
    );
  }
}
