/**
 * The tools that answer what an operator asks of the running system: messages, cron jobs and secrets.
 *
 * Each tool runs the command of the same meaning of an installed package (`topics`, `cron`, `secrets`) and gives its
 * result as data instead of a table. An app without that package answers `failed_precondition` with the line that
 * installs it.
 */
import { z } from "zod";
import { defineTool, type Tool } from "../tool.ts";

/** The most entries that one answer lists: 1 to 200, default 20. */
const LIMIT = z.int().min(1).max(200).default(20);

/** The tool `list_topics`; `counts` costs a second question to the broker, hence it is off by default. */
const topics = defineTool({
  name: "list_topics",
  title: "List topics and subscriptions",
  description:
    "Lists the app's topics with their subscriptions, and subscriptions that the broker has and the app has not. With `counts`, how many " +
    "messages wait, are in flight, delayed and dead in each.",
  input: z.strictObject({ counts: z.boolean().default(false) }),
  run: async (app, { counts }) => {
    const topicList = await app.ask("topics", ["list"]);
    return counts ? { topics: topicList, counts: await app.ask("topics", ["depth"]) } : topicList;
  },
});

/**
 * The tool `list_dead_letters`: bodies are given in full. The id of the last message, as `after`, gives the next
 * page.
 */
const dead = defineTool({
  name: "list_dead_letters",
  title: "List dead letters",
  description:
    "Lists the messages of a subscription that were given up: reason, error, attempts and body, the oldest first.",
  input: z.strictObject({
    subscription: z
      .string()
      .regex(/^[^/]+\/.+$/, "topic/subscription")
      .describe("topic/subscription"),
    limit: LIMIT,
    after: z.string().optional().describe("the id behind which the list begins"),
  }),
  run: (app, { subscription, limit, after }) =>
    app.ask("topics", ["dead", subscription], { limit, after, full: true }),
});

/** The tool `list_cron_jobs`: the answer of `twinloop cron list`. */
const jobs = defineTool({
  name: "list_cron_jobs",
  title: "List cron jobs",
  description:
    "Lists the app's cron jobs: when they are due, next and last run, failures in a row, whether they are paused.",
  input: z.strictObject({}),
  run: (app) => app.ask("cron", ["list"]),
});

/** The tool `cron_history`: the answer of `twinloop cron history <job>`. */
const history = defineTool({
  name: "cron_history",
  title: "Show the runs of a cron job",
  description:
    "Lists the last runs of a cron job, the newest first: outcome, attempts, duration, error and process.",
  input: z.strictObject({ job: z.string().min(1), limit: LIMIT }),
  run: (app, { job, limit }) => app.ask("cron", ["history", job], { limit }),
});

/** The tool `list_secrets`: where each secret was found, never what its value is. */
const secrets = defineTool({
  name: "list_secrets",
  title: "List secrets",
  description: "Lists the names of the app's secrets, and where each was found or looked for. Never a value.",
  input: z.strictObject({}),
  run: (app) => app.ask("secrets", []),
});

/** The tools that ask what operators ask: messages, cron jobs, secrets. */
export const operationTools: readonly Tool[] = [topics, dead, jobs, history, secrets];
