import { encodeThrown, serviceOfDeclaration, Work } from "@twinloop/core-native/internal";
import { appMeta } from "@twinloop/core-native";
import { PubsubError } from "./error.ts";
import { verdictOf } from "./verdict.ts";

/** A message of a batch, with what is known of its delivery. */
export interface BatchEntry<Message = unknown> {
  /** The message, as the handler is given it. */
  readonly message: Message;
  /** The message's id, a UUID, equal at every delivery: use it as idempotency key for effects outside of the database. */
  readonly messageId: string;
  /** The number of this delivery of the message, from 1. */
  readonly attempt: number;
  /** When the message was published. */
  readonly publishedAt: Date;
  /** The value of the ordering attribute; `null` where the topic has none. */
  readonly key: string | null;
}

/** A message's id, attempt, time of publication in ms since 1970 and key, as Rust writes them. */
type WrittenEntry = readonly [id: string, attempt: number, publishedAtMs: number, key: string | null];

declare module "@twinloop/core-native" {
  interface OperationTypes {
    "pubsub-batch": BatchContext;
  }
}

/**
 * The context that a subscription's `batchHandler` is given: one operation for all messages of the batch, with one time limit,
 * one `signal` and one place in a trace.
 */
export class BatchContext<Message = unknown> extends Work {
  /** The name of the topic that the messages were published to. */
  readonly topic: string;
  /** The name of the subscription whose handler has the messages. */
  readonly subscription: string;
  /** The places of the handler's messages in the batch as Rust has it; `undefined` where they are the same. */
  #places: readonly number[] | undefined;
  /** What the handler has failed, by the message's place in the batch as Rust has it: JSON. */
  readonly #failures = new Map<number, string>();
  #firstFailure: unknown;

  constructor(id: number, topic: string, subscription: string) {
    super(id);
    this.topic = topic;
    this.subscription = subscription;
  }

  override get type(): "pubsub-batch" {
    return "pubsub-batch";
  }

  /** The service that declares the subscription; the app's name outside of any service. */
  get service(): string {
    const declared = { what: "Subscription", name: this.subscription, within: this.topic };
    return serviceOfDeclaration(declared) ?? appMeta().name;
  }

  /** The messages with their ids and attempts, in the order in which the handler is given them. Read from Rust at each call. */
  get entries(): readonly BatchEntry<Message>[] {
    const written = JSON.parse(this.lookUp("messages") ?? "[]") as WrittenEntry[];
    return this.#messages.map((message, index) => {
      const [messageId = "", attempt = 1, publishedAtMs = 0, key = null] =
        written[this.#placeOf(index)] ?? [];
      return { message, messageId, attempt, publishedAt: new Date(publishedAtMs), key };
    });
  }

  /**
   * Fails one message of the batch: it is retried by `retryPolicy`, or becomes a dead letter, by its own attempts, whatever
   * becomes of the others. `new Unrecoverable(…)` and `new RetryAfter(…)` as error mean what they mean when thrown. The last
   * call for a message counts.
   *
   * Shape:  a message by its index among `messages`, or the object that the handler was given -> nothing.
   * Errors: `PubsubError` with `invalid_argument` for what is no message of this batch.
   */
  fail(message: number | (Message & object), error: unknown): void {
    const index = typeof message === "number" ? message : this.#messages.indexOf(message);
    if (!Number.isInteger(index) || index < 0 || index >= this.#messages.length) {
      const shown = typeof message === "number" ? `of the index ${message}` : "that is this object";
      const hint = `give the index, from 0 to ${this.#messages.length - 1}, or the object that the handler was given`;
      throw new PubsubError("invalid_argument", `the batch has no message ${shown}: ${hint}`);
    }
    this.#failAt(this.#placeOf(index), error);
  }

  get #messages(): readonly Message[] {
    return this.payload as readonly Message[];
  }

  #placeOf(index: number): number {
    return this.#places === undefined ? index : this.#places[index]!;
  }

  #failAt(place: number, error: unknown): void {
    if (this.#failures.size === 0) this.#firstFailure = error;
    this.#failures.set(place, encodeThrown(error, { ...verdictOf(error), index: place }));
  }

  protected override logFields(): Readonly<Record<string, unknown>> {
    return { subscription: `${this.topic}/${this.subscription}`, messages: this.#messages.length };
  }

  /** The messages that were failed by themselves, as the list in JSON that Rust reads; empty without any. */
  static failures(context: BatchContext): string {
    const { size } = context.#failures;
    return size === 0 ? "" : `[${[...context.#failures.values()].join(",")}]`;
  }

  /** How many messages were failed by themselves, and the error of the first. */
  static failed(context: BatchContext): { readonly count: number; readonly error: unknown } {
    return { count: context.#failures.size, error: context.#firstFailure };
  }

  /**
   * Gives the handler what a schema has made of the messages. Those that it has refused are failed and left out.
   *
   * Shape:  for each message of the batch `{ value }`, or `{ error }`.
   */
  static refine(
    context: BatchContext,
    results: readonly ({ readonly value: unknown } | { readonly error: unknown })[],
  ): void {
    const places: number[] = [];
    const values: unknown[] = [];
    results.forEach((result, place) => {
      if ("error" in result) return context.#failAt(place, result.error);
      places.push(place);
      values.push(result.value);
    });
    context.#places = places;
    Work.take(context, values);
  }
}
