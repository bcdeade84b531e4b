import {
  declarationsIn,
  type CommandLine,
  type DeclarationModel,
  type Manifest,
} from "@twinloop/core-native/cli";

/** The topics and subscriptions that an app declares. */
export interface AppTopics {
  /** The topics, as the manifest describes them. */
  readonly topics: readonly DeclarationModel[];
  /** The subscriptions of all topics. */
  readonly subscriptions: readonly AppSubscription[];
}

/** A subscription of the app; `topic` is empty where the sources do not tell it. */
export interface AppSubscription {
  /** The topic's name. */
  readonly topic: string;
  /** The subscription's name. */
  readonly name: string;
}

/** Finds the topics and subscriptions of a manifest. */
export function appTopics(manifest: Manifest): AppTopics {
  const subscriptions = declarationsIn(manifest, "@twinloop/pubsub", "Subscription");
  return {
    topics: declarationsIn(manifest, "@twinloop/pubsub", "Topic"),
    subscriptions: subscriptions.map(({ within, name }) => ({ topic: within ?? "", name })),
  };
}

/** The command line of `topics`. */
export interface TopicsLine {
  /** The words after `topics`. */
  readonly words: readonly string[];
  /** The options of the line. */
  readonly topics: TopicsOptions;
  /** Opens what other packages provide, such as the app's database. */
  readonly providing: CommandLine["providing"];
}

/** The options of `topics`. */
export interface TopicsOptions {
  /** Whether JSON is printed, for programs. */
  readonly json: boolean;
  /** The most messages that are shown; `undefined` for the default, 20. */
  readonly limit: number | undefined;
  /** The id after which the list of dead letters goes on. */
  readonly after: string | undefined;
  /** Whether `redrive` takes all dead letters, instead of the ids in the words. */
  readonly all: boolean;
  /** Whether `purge` deletes dead letters, instead of what waits. */
  readonly dead: boolean;
  /** Whether the deletion is confirmed. */
  readonly yes: boolean;
  /** Whether `dead` counts by reason and error, instead of listing. */
  readonly counts: boolean;
  /** Limits `dead` to letters of this reason. */
  readonly reason: string | undefined;
  /** Limits `dead` to letters given up from this time on: a date, or how long ago. */
  readonly since: string | undefined;
  /** Limits `dead` to letters given up before this time. */
  readonly until: string | undefined;
  /** After how long `reschedule` makes a message due. */
  readonly delay: string | undefined;
  /** When `reschedule` makes a message due: a date. */
  readonly runAt: string | undefined;
  /** Where in the history `replay` begins: `first`, `offset:<number>` or a date. */
  readonly from: string | undefined;
  /** The date of publication from which `replay` leaves messages out. */
  readonly to: string | undefined;
  /** Whether bodies are shown whole. */
  readonly full: boolean;
}

/** Reads the options as the command line gives them. */
export function topicsArguments({ words, options, providing }: CommandLine): TopicsLine {
  const isSet = (name: string): boolean => options[name] === true;
  const text = (name: string): string | undefined => options[name] as string | undefined;
  return {
    words,
    providing,
    topics: {
      ...{ json: isSet("json"), all: isSet("all"), dead: isSet("dead"), yes: isSet("yes") },
      ...{ counts: isSet("counts"), full: isSet("full"), limit: options["limit"] as number | undefined },
      ...{ after: text("after"), reason: text("reason"), since: text("since"), until: text("until") },
      ...{ delay: text("delay"), runAt: text("run-at"), from: text("from"), to: text("to") },
    },
  };
}
