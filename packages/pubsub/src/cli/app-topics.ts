import {
  declarationsIn,
  type CommandLine,
  type DeclarationModel,
  type Manifest,
} from "@twinloop/core-native/cli";

/** The topics and subscriptions that an app declares. */
export interface AppTopics {
  readonly topics: readonly DeclarationModel[];
  readonly subscriptions: readonly AppSubscription[];
}

/** A subscription of the app; `topic` is empty where the sources do not tell it. */
export interface AppSubscription {
  readonly topic: string;
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
  readonly topics: TopicsOptions;
  readonly providing: CommandLine["providing"];
}

/** The options of `topics`. */
export interface TopicsOptions {
  /** Whether JSON is printed, for programs. */
  readonly json: boolean;
  readonly limit: number | undefined;
  readonly after: string | undefined;
  readonly all: boolean;
  readonly dead: boolean;
  readonly yes: boolean;
  /** Whether `dead` counts by reason and error, instead of listing. */
  readonly counts: boolean;
  /** Limits `dead` to letters of this reason. */
  readonly reason: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
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
    },
  };
}
