import {
  isSharedTransaction,
  serviceOfDeclaration,
  Work,
  type SharedTransaction,
} from "@twinloop/core-native/internal";
import { appMeta, type AppTransaction, type Duration } from "@twinloop/core-native";
import { PubsubError } from "./error.ts";
import { native } from "./native.ts";
import { retryDelay } from "./retry-after.ts";

/** The numbers of a broker and of its subscription, as operations take them. */
export type KeepingNumbers = readonly [broker: number, subscription: number];

/** A message that is being handled, by Encore's name of it. */
export type PubSubMessageMeta = MessageContext;

declare module "@twinloop/core-native" {
  interface OperationTypes {
    "pubsub-message": MessageContext;
  }
}

/**
 * The context that a subscription's handler is given: its message, beside the `signal`, `stopping`, `log` and `trace`
 * of every operation. Fields stay in Rust until the handler reads one, and can be read until the handler is done.
 */
export class MessageContext extends Work {
  /** The name of the topic that the message was published to. */
  readonly topic: string;
  /** The name of the subscription whose handler has the message. */
  readonly subscription: string;
  #transaction: SharedTransaction | undefined;
  #retryAfterMs: number | undefined;
  /** The numbers of the broker and the subscription, where that keeps results. */
  #keeping: KeepingNumbers | undefined;

  constructor(id: number, topic: string, subscription: string) {
    super(id);
    this.topic = topic;
    this.subscription = subscription;
  }

  override get type(): "pubsub-message" {
    return "pubsub-message";
  }

  /** The service that declares the subscription; the app's name outside of any service. */
  get service(): string {
    const declared = { what: "Subscription", name: this.subscription, within: this.topic };
    return serviceOfDeclaration(declared) ?? appMeta().name;
  }

  /** The message's id, a UUID, equal at every delivery: use it as idempotency key for effects outside of the database. */
  get messageId(): string {
    return this.lookUp("message-id") ?? "";
  }

  /** The number of this delivery, from 1. */
  get attempt(): number {
    return Number(this.lookUp("attempt") ?? 1);
  }

  /** The number of this delivery, from 1, by Encore's name of `attempt`. */
  get deliveryAttempt(): number {
    return this.attempt;
  }

  /** When the message was published. */
  get publishedAt(): Date {
    return new Date(Number(this.lookUp("published-at") ?? 0));
  }

  /**
   * Fails this attempt, whether the handler then returns or throws, and sets the pause before the next one in place of that
   * of `retryPolicy`. The attempt counts: after `maxRetries` the message is a dead letter. `Unrecoverable` has the last word.
   * The last call counts.
   *
   * Shape:  the pause, or the time of the next attempt, such as the value of an HTTP `Retry-After`.
   * Errors: `PubsubError` with `invalid_argument` for what is neither a duration nor a valid `Date`.
   */
  retryAfter(delay: Duration | Date): void {
    this.#retryAfterMs = retryDelay(delay);
  }

  /**
   * Tells those who wait for the message's result how far the handler is; resolves when that is stored. Only the last value is
   * kept.
   *
   * Shape:  any JSON value, at most 1 MiB.
   * Errors: `PubsubError` with `failed_precondition` for a subscription without `keepResults`.
   */
  async progress(value: unknown): Promise<void> {
    if (this.#keeping === undefined) {
      const name = `${this.topic}/${this.subscription}`;
      const message = `the subscription ${name} keeps no results: declare it with keepResults`;
      throw new PubsubError("failed_precondition", message);
    }
    await native.call("tellProgress", [...this.#keeping, this.messageId, value ?? null]);
  }

  /** Notes that the subscription keeps results. */
  static keeping(context: MessageContext, numbers: KeepingNumbers): void {
    context.#keeping = numbers;
  }

  /** The pause that `retryAfter` has set, in milliseconds; `undefined` without any. */
  static retryAfterMs(context: MessageContext): number | undefined {
    return context.#retryAfterMs;
  }

  protected override logFields(): Readonly<Record<string, unknown>> {
    const { topic, subscription, messageId, attempt } = this;
    return { subscription: `${topic}/${subscription}`, messageId, attempt };
  }

  /**
   * The transaction in which this message counts as handled; it commits when the handler resolves. Only messages of a topic
   * with `deliveryGuarantee: "exactly-once"` have one; otherwise reading throws `failed_precondition`.
   */
  get tx(): AppTransaction {
    if (isSharedTransaction(this.#transaction)) return this.#transaction as unknown as AppTransaction;
    throw new PubsubError(
      "failed_precondition",
      `ctx.tx is there for messages of exactly-once topics only: declare ${this.topic} with ` +
        'deliveryGuarantee: "exactly-once", or begin a transaction of your own',
    );
  }

  /** Sets the transaction that `tx` returns. */
  static within(context: MessageContext, transaction: SharedTransaction): void {
    context.#transaction = transaction;
  }
}
