import { isSharedTransaction, Operation, type SharedTransaction } from "@twinloop/core-native/internal";
import type { AppTransaction } from "@twinloop/core-native";
import { PubsubError } from "./error.ts";

/**
 * What a handler is told about its message. It stays in Rust until it is asked for, and can be read until the handler is
 * done.
 */
export class MessageContext extends Operation {
  readonly topic: string;
  readonly subscription: string;
  #transaction: SharedTransaction | undefined;

  constructor(id: number, topic: string, subscription: string) {
    super(id);
    this.topic = topic;
    this.subscription = subscription;
  }

  /** The message's id, the same at every delivery: what to make effects outside of the database idempotent by. */
  get messageId(): string {
    return this.lookUp("message-id") ?? "";
  }

  /** 1 for the first delivery to a handler. */
  get attempt(): number {
    return Number(this.lookUp("attempt") ?? 1);
  }

  /** When it was published. */
  get publishedAt(): Date {
    return new Date(Number(this.lookUp("published-at") ?? 0));
  }

  /**
   * The transaction in which this message counts as handled; it commits when the handler resolves. Only messages of a topic
   * with `deliveryGuarantee: "exactly-once"` have one.
   */
  get tx(): AppTransaction {
    if (isSharedTransaction(this.#transaction)) return this.#transaction as unknown as AppTransaction;
    throw new PubsubError(
      "failed_precondition",
      `ctx.tx is there for messages of exactly-once topics only: declare ${this.topic} with ` +
        'deliveryGuarantee: "exactly-once", or begin a transaction of your own',
    );
  }

  /** Gives the handler its transaction. */
  static within(context: MessageContext, transaction: SharedTransaction): void {
    context.#transaction = transaction;
  }
}
