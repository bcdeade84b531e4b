/**
 * The package's contribution to the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import {
  declarationsIn,
  providersIn,
  type AppOnDisk,
  type Command,
  type EnvironmentReport,
  type Manifest,
  type PackageCli,
  type Variable,
} from "@twinloop/core-native/cli";

const topics: Command = {
  usage: [
    [
      "topics <list|depth [topic/subscription]>",
      "the topics, and what waits; also subscriptions that the broker has and the app has not",
    ],
    ["topics <peek|dead> <topic/subscription>", "show messages that are not done, or dead letters"],
    [
      "topics <redrive|promote|delete> <topic/subscription> <id…>",
      "deliver dead letters again, make delayed messages due, delete messages",
    ],
    [
      "topics replay <topic/subscription> --from <place> [--to <date>]",
      "deliver messages of the topic's history again, on RabbitMQ",
    ],
    [
      "topics <purge|delete> <topic/subscription> --yes",
      "delete what waits, or a subscription that the app has not",
    ],
    [
      "topics move <topic/subscription> <topic/subscription>",
      "move what waits and the dead letters to another subscription",
    ],
    [
      "topics <cancel|reschedule> <topic> <id>",
      "delete a message that still waits, or give it another time, in all subscriptions",
    ],
    ["topics <pause|resume> <topic/subscription>", "stop and start it in all processes"],
  ],
  options: {
    json: { type: "flag", meaning: "print JSON, for programs" },
    limit: { type: "count", value: "<number>", meaning: "peek, dead: how many (default 20)" },
    after: { type: "text", value: "<id>", meaning: "dead: those after this one" },
    counts: { type: "flag", meaning: "dead: how many of each reason and error" },
    reason: {
      type: "text",
      value: "<reason>",
      meaning: "dead: retries_exhausted, unrecoverable, misfit or expired",
    },
    since: {
      type: "text",
      value: "<time>",
      meaning: "dead: given up from then on; how long ago (30m, 2h, 7d) or a date",
    },
    until: { type: "text", value: "<time>", meaning: "dead: given up before then" },
    delay: { type: "text", value: "<time>", meaning: "reschedule: from now, such as 10m" },
    "run-at": { type: "text", value: "<date>", meaning: "reschedule: when, such as 2026-01-31T08:00Z" },
    from: {
      type: "text",
      value: "<place>",
      meaning: "replay: first, offset:<number>, or a date such as 2026-01-31T08:00Z",
    },
    to: { type: "text", value: "<date>", meaning: "replay: published before then (default now)" },
    full: { type: "flag", meaning: "peek and dead: whole bodies" },
    all: { type: "flag", meaning: "redrive: all dead letters" },
    dead: { type: "flag", meaning: "purge: the dead letters, instead of what waits" },
    yes: { type: "flag", meaning: "purge and delete: what is deleted is gone, and this says so" },
  },
  run: async (line) => (await import("./topics.ts")).topicsCommand(line),
  answer: async (line) => (await import("./topics.ts")).topicsAnswer(line),
};

/** Lists the environment variables of an app with topics: the provider, and the subscriptions' expiry. */
function variables(manifest: Manifest, isProduction: boolean): readonly Variable[] {
  if (declarationsIn(manifest, "@twinloop/pubsub", "Topic").length === 0) return [];
  const [first] = providersIn(manifest, "postgres");
  const kept = first === undefined ? "the file .twinloop/pubsub.redb" : `the database "${first.name}"`;
  return [
    {
      name: "PUBSUB_URL",
      meaning:
        "where messages are kept: amqp://…, nats://…, postgres://…, postgres: (the app's own database) or embedded:<path>",
      default: isProduction ? undefined : kept,
      confidential: true,
    },
    {
      name: "PUBSUB_SUBSCRIPTION_EXPIRY",
      meaning: "after how long without a process a subscription gets no more copies of messages, or never",
      default: "30d, or what each subscription says",
      confidential: false,
    },
  ];
}

/** The problem of a `PUBSUB_URL` that names no provider, for `check --env`. One that production misses is told with the variables. */
async function environment({ manifest }: AppOnDisk, values: NodeJS.ProcessEnv): Promise<EnvironmentReport> {
  const given = values["PUBSUB_URL"];
  const isRead = declarationsIn(manifest, "@twinloop/pubsub", "Topic").length > 0;
  if (!given || !isRead) return { text: "", problems: [], isLacking: false };
  const { urlProblem } = await import("../provider.ts");
  const wrong = urlProblem(given, providersIn(manifest, "postgres").length > 0);
  return { text: "", problems: wrong === undefined ? [] : [wrong], isLacking: false };
}

/** The `topics` command, and the variables of topics with their problems. */
export const cli: PackageCli = { commands: { topics }, variables, environment };
