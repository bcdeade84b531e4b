import { connect } from "./broker.ts";
import { PubsubError } from "./error.ts";
import { call, Operation } from "./native.ts";
import type { SubscriptionOptions } from "./options.ts";
import type { DeclaredSubscription } from "./registry.ts";
import { subscriptionSettings } from "./settings.ts";
import { declarationOf, type Topic } from "./topic.ts";

/** What waits in a subscription. */
export interface Depth {
  /** Could be delivered now, or waits behind another of its key. */
  readonly ready: number;
  /** Waits for its time. */
  readonly delayed: number;
  /** With handlers of any process. */
  readonly inFlight: number;
  /** Among the dead letters. */
  readonly dead: number;
  /** Age of the oldest that is ready, in milliseconds. */
  readonly oldestMs: number;
}

/** What this process has done of a subscription since it began. */
export interface SubscriptionStats {
  readonly delivered: number;
  readonly acknowledged: number;
  readonly retried: number;
  readonly buried: number;
  readonly inFlight: number;
  readonly paused: boolean;
}

/** A message that was given up. */
export interface DeadLetter<Message = unknown> {
  readonly id: string;
  /** As it was published, parsed from JSON: dates are text. */
  readonly body: Message;
  readonly key: string | null;
  readonly attempts: number;
  readonly publishedAt: Date;
  readonly buriedAt: Date;
  readonly reason: "retries_exhausted" | "unrecoverable" | "misfit" | "expired";
  readonly error: string;
  readonly stack: string | null;
}

/** A dead letter as Rust writes it: times in ms since 1970. */
export type WrittenDeadLetter<Message = unknown> = Omit<DeadLetter<Message>, "publishedAt" | "buriedAt"> & {
  readonly publishedAt: number;
  readonly buriedAt: number;
};

/** Dead letters with their times as dates. */
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
export class Subscription<Message> {
  readonly name: string;
  readonly #declared: DeclaredSubscription;

  constructor(topic: Topic<Message>, name: string, options: SubscriptionOptions<Message>) {
    this.name = name;
    const declared = declarationOf(topic);
    const { settings, problems } = subscriptionSettings(
      `${declared.name}/${name}`,
      options as SubscriptionOptions<never>,
    );
    this.#declared = { topic: declared, name, settings, problems, handler: options.handler as never };
    declared.subscriptions.push(this.#declared);
  }

  /** Pulls nothing more in this process until `resume()`; what is with handlers is finished. */
  async pause(): Promise<void> {
    await this.#call(Operation.pause);
  }

  /** Pulls again. */
  async resume(): Promise<void> {
    await this.#call(Operation.resume);
  }

  /** What waits, in all processes. */
  depth(): Promise<Depth> {
    return this.#call(Operation.depth);
  }

  /** What this process has done. */
  stats(): Promise<SubscriptionStats> {
    return this.#call(Operation.stats);
  }

  /** The dead letters, the oldest first: at most `limit` of them (default 100), after the id `after`. */
  async deadLetters({ limit = 100, after }: { limit?: number; after?: string } = {}): Promise<
    DeadLetter<Message>[]
  > {
    return readDeadLetters(
      await this.#call<WrittenDeadLetter<Message>[]>(
        Operation.deadLetters,
        `,${limit},${JSON.stringify(after ?? null)}`,
      ),
    );
  }

  /** Puts dead letters back, with their attempts forgotten: those with these ids, or all. Returns how many. */
  redrive(ids?: readonly string[]): Promise<number> {
    return this.#call(Operation.redrive, `,${JSON.stringify(ids ?? null)}`);
  }

  /** Deletes what waits (not what is with a handler), or the dead letters. Returns how many. */
  purge(part: "waiting" | "dead"): Promise<number> {
    return this.#call(Operation.purge, `,${JSON.stringify(part)}`);
  }

  async #call<T>(operation: number, more = ""): Promise<T> {
    const broker = await connect();
    const number = broker.subscriptions.indexOf(this.#declared);
    if (number < 0) {
      throw new PubsubError(
        "failed_precondition",
        `the subscription "${this.name}" was declared after the broker was opened: declare it at the top level of a module`,
      );
    }
    return call<T>(operation, `[${broker.number},${number}${more}]`);
  }
}
