import { connect } from "./broker.ts";
import { PubsubError } from "./error.ts";
import { native, type PubsubOperation } from "./native.ts";
import type { BatchHandler, MessageHandler, SubscriptionOptions } from "./options.ts";
import type { DeclaredSubscription } from "./registry.ts";
import { subscriptionSettings } from "./settings.ts";
import { declarationOf } from "./registry.ts";
import type { KeepingNumbers } from "./message-context.ts";
import { changesOf, outcomeOf, type JsonOf, type ResultOptions } from "./result.ts";
import type { Topic } from "./topic.ts";

/** The numbers of a subscription's messages by state, in all processes. */
export interface Depth {
  /** Messages that are due, including those that wait behind another of the same ordering key. */
  readonly ready: number;
  /** Messages whose time has not come. */
  readonly delayed: number;
  /** Messages that are with a handler of any process. */
  readonly inFlight: number;
  /** Dead letters. */
  readonly dead: number;
  /** The age of the oldest ready message, in milliseconds. */
  readonly oldestMs: number;
}

/** Counters of a subscription in this process, since the process opened the broker. */
export interface SubscriptionStats {
  /** Deliveries that were given to a handler, repeated ones included. */
  readonly delivered: number;
  /** Deliveries whose handler succeeded. */
  readonly acknowledged: number;
  /** Deliveries whose handler failed and that are tried again. */
  readonly retried: number;
  /** Messages that have become dead letters. */
  readonly buried: number;
  /** Messages that handlers work on at the moment. */
  readonly inFlight: number;
  /** Whether the subscription takes no messages at the moment. */
  readonly paused: boolean;
}

/** A message that is not delivered any more, with the reason. */
export interface DeadLetter<Message = unknown> {
  /** The message's id, as `publish` returned it; `redrive` takes it. */
  readonly id: string;
  /** The message as published, parsed from JSON: dates are strings. */
  readonly body: Message;
  /** The value of the ordering attribute; `null` where the topic has none. */
  readonly key: string | null;
  /** How often a handler was given the message. */
  readonly attempts: number;
  /** When the message was published. */
  readonly publishedAt: Date;
  /** When the message became a dead letter; `deadLetterRetention` counts from here. */
  readonly buriedAt: Date;
  /**
   * Why the message is not delivered any more:
   * `retries_exhausted`, its last attempt by `retryPolicy` has failed;
   * `unrecoverable`, its handler threw `Unrecoverable`;
   * `misfit`, it does not fit the topic's type;
   * `expired`, it is older than `messageRetention`.
   */
  readonly reason: "retries_exhausted" | "unrecoverable" | "misfit" | "expired";
  /** The message of the last error. */
  readonly error: string;
  /** The stack of the last error; `null` where no handler has thrown. */
  readonly stack: string | null;
}

/** A dead letter as Rust writes it: times in ms since 1970. */
export type WrittenDeadLetter<Message = unknown> = Omit<DeadLetter<Message>, "publishedAt" | "buriedAt"> & {
  /** Milliseconds since 1970. */
  readonly publishedAt: number;
  /** Milliseconds since 1970. */
  readonly buriedAt: number;
};

/** Reads dead letters that crossed from Rust. */
export function readDeadLetters<Message>(
  written: readonly WrittenDeadLetter<Message>[],
): DeadLetter<Message>[] {
  return written.map((letter) => ({
    ...letter,
    publishedAt: new Date(letter.publishedAt),
    buriedAt: new Date(letter.buriedAt),
  }));
}

/**
 * Handles the messages of a topic. Each subscription gets every message. Declare it once, at module level.
 *
 * Example: `new Subscription(clicks, "count", { handler: async (click, ctx) => { … } });`
 */
export class Subscription<Message, Result = unknown> {
  /** The name of the subscription, unique within its topic. */
  readonly name: string;
  readonly #declared: DeclaredSubscription;

  constructor(topic: Topic<Message>, name: string, options: SubscriptionOptions<Message, Result>) {
    this.name = name;
    const declared = declarationOf(topic);
    const { settings, problems } = subscriptionSettings(
      `${declared.name}/${name}`,
      options as unknown as SubscriptionOptions<never>,
      declared.settings,
    );
    const { handler, batchHandler } = options ?? {};
    this.#declared = {
      ...{ topic: declared, name, settings, problems },
      handler: handler as MessageHandler<never> | undefined,
      batchHandler: batchHandler as BatchHandler<never> | undefined,
    };
    declared.subscriptions.push(this.#declared);
  }

  /**
   * Waits for what the handler returns for a message, in whatever process that is: also one that was handled before, or is
   * handled after the process that published it has ended. Needs `keepResults`.
   *
   * Shape:  the id that `publish` returned -> what the handler returned, as JSON gives it back.
   * Errors: `PubsubError`: `aborted` for a dead letter, with its error; `deadline_exceeded` when `timeout` (30 s) has passed,
   *         also for an id that there is not; `canceled` by `signal`; `failed_precondition` without `keepResults`.
   */
  async result(messageId: string, options: ResultOptions = {}): Promise<JsonOf<Awaited<Result>>> {
    const name = `${this.#declared.topic.name}/${this.name}`;
    for await (const known of changesOf(name, await this.#numbers(), messageId, options)) {
      if (known.state === "running") continue;
      return outcomeOf(name, messageId, known) as JsonOf<Awaited<Result>>;
    }
    throw new PubsubError("internal", "the wait for a result has ended without one");
  }

  /**
   * Follows how far the handler is with a message: yields each value that `ctx.progress` is told while somebody listens, the
   * last one first, and ends when the message is done. Throws what `result` rejects with.
   */
  async *progress(messageId: string, options: ResultOptions = {}): AsyncGenerator<unknown, void> {
    const name = `${this.#declared.topic.name}/${this.name}`;
    for await (const known of changesOf(name, await this.#numbers(), messageId, options)) {
      if (known.state === "running") yield known.progress;
      else outcomeOf(name, messageId, known);
    }
  }

  /** Stops taking messages in this process until `resume()`. Running handlers finish. */
  async pause(): Promise<void> {
    await this.#call("pause");
  }

  /** Takes messages again after `pause()`. */
  async resume(): Promise<void> {
    await this.#call("resume");
  }

  /** Counts the subscription's messages by state, in all processes. */
  depth(): Promise<Depth> {
    return this.#call("depth");
  }

  /** The subscription's counters in this process. */
  stats(): Promise<SubscriptionStats> {
    return this.#call("stats");
  }

  /** Lists dead letters, the oldest first: at most `limit` (default 100), beginning behind the id `after`. */
  async deadLetters({ limit = 100, after }: { limit?: number; after?: string } = {}): Promise<
    DeadLetter<Message>[]
  > {
    return readDeadLetters(
      await this.#call<WrittenDeadLetter<Message>[]>("deadLetters", limit, after ?? null),
    );
  }

  /**
   * Puts dead letters back into the subscription with attempts reset: those with these ids, or all. Returns their number.
   *
   * Errors: `not_found` names the ids that no dead letter has; the others were put back.
   */
  redrive(ids?: readonly string[]): Promise<number> {
    return this.#call("redrive", ids ?? null);
  }

  /** Deletes all waiting messages (not those with a handler), or all dead letters. Returns their number. */
  purge(part: "waiting" | "dead"): Promise<number> {
    return this.#call("purge", part);
  }

  async #call<T>(operation: PubsubOperation, ...more: readonly unknown[]): Promise<T> {
    return native.call<T>(operation, [...(await this.#numbers()), ...more]);
  }

  async #numbers(): Promise<KeepingNumbers> {
    const broker = await connect();
    const number = broker.subscriptions.indexOf(this.#declared);
    if (number < 0) {
      throw new PubsubError(
        "failed_precondition",
        `the subscription "${this.name}" was declared after the broker was opened: declare it at the top level of a module`,
      );
    }
    return [broker.number, number];
  }
}
