import { currentTrace, shownOption, type Answer } from "@twinloop/core-native/internal";
import { connect, openBroker, type OpenBroker } from "./broker.ts";
import { registerComponent } from "./component.ts";
import { PubsubError, toPubsubError } from "./error.ts";
import { native } from "./native.ts";
import type { PublishOptions, TopicOptions } from "./options.ts";
import type { PlannedTopic } from "./plan.ts";
import { checkedId, encodeTime, instant, milliseconds, type NewTime, type Recalled } from "./recall.ts";
import { noteDeclaration, topics, type DeclaredTopic } from "./registry.ts";
import { topicSettings } from "./settings.ts";
import { joinTurn } from "./transaction.ts";

/** The greatest priority of a message; 0 is the least, and the default. */
const MOST_PRIORITY = 9;

/** The publishing side of a topic. */
export interface Publisher<Message> {
  /** The topic's name. */
  readonly name: string;
  /** Publishes one message and resolves with its id, a UUID of version 7, once the broker has stored the message. */
  publish(message: Message, options?: PublishOptions): Promise<string>;
  /** Publishes messages in their order and resolves with their ids once the broker has stored all of them. */
  publishBatch(messages: readonly Message[], options?: PublishOptions): Promise<string[]>;
}

/**
 * A named channel of messages of one type; each subscription of the topic gets a copy of each message. Declare a topic
 * once, at module level.
 *
 * Example: `export const clicks = new Topic<Click>("clicks", { deliveryGuarantee: "at-least-once" });`
 */
export class Topic<Message> implements Publisher<Message> {
  /** The name of the topic, unique within the app. */
  readonly name: string;
  readonly #declared: DeclaredTopic;

  constructor(name: string, options: TopicOptions<Message> = {}) {
    this.name = name;
    const { settings, problems } = topicSettings(name, options);
    this.#declared = { name, settings, problems, schema: options.schema, subscriptions: [] };
    noteDeclaration(this, this.#declared);
    topics.push(this.#declared);
    registerComponent();
  }

  /**
   * Publishes one message, and resolves when the broker has stored it: it then survives a crash of this process and of
   * the broker's.
   *
   * Shape:  a message of the topic's type -> its id, a UUID of version 7. With `tx`, the message is
   *         stored when the transaction commits.
   * Errors: `PubsubError`: `invalid_argument` for a message that does not fit (nothing was sent), `unavailable` (it may
   *         have been stored), `resource_exhausted` (it was not).
   */
  publish(message: Message, options?: PublishOptions): Promise<string> {
    const broker = options === undefined ? openBroker() : undefined;
    const topic = broker?.topics.get(this.#declared);
    if (broker && topic && !topic.refine) return publishPlain(broker, topic, message);
    return this.#publishWith(message, options);
  }

  async #publishWith(message: Message, options: PublishOptions | undefined): Promise<string> {
    options?.signal?.throwIfAborted();
    // Awaits only where the broker is not open: publishes of one turn then cross to Rust in one call.
    const broker = openBroker() ?? (await connect());
    const topic = this.#plannedBy(broker);
    if (topic.refine) await refineAll(topic, [message]);
    const argument = encode(broker, topic, options, write(topic, message));
    const { text, failed } = await ask(native.operation.publish, argument, options?.signal);
    if (failed) throw toPubsubError(text);
    return text.slice(1, -1);
  }

  /** Publishes messages in their order with one call, and resolves with their ids when the broker has stored all of them. */
  async publishBatch(messages: readonly Message[], options?: PublishOptions): Promise<string[]> {
    if (messages.length === 0) return [];
    options?.signal?.throwIfAborted();
    const broker = openBroker() ?? (await connect());
    const topic = this.#plannedBy(broker);
    if (topic.refine) await refineAll(topic, messages);
    const bodies = `[${messages.map((message) => write(topic, message)).join(",")}]`;
    const argument = encode(broker, topic, options, bodies);
    const { text, failed } = await ask(native.operation.publishBatch, argument, options?.signal);
    if (failed) throw toPubsubError(text);
    return JSON.parse(text) as string[];
  }

  /**
   * Cancels the message of this id in each subscription where no handler has had its turn yet: one that is delayed, ready, or waits
   * for a retry. A message that is in flight or done stays, and the result says so.
   *
   * Units:  cheap for a message that was published with `delay` or `runAt`; another one is looked for in all that waits.
   * Errors: `PubsubError` `failed_precondition` on RabbitMQ, which finds no message by its id.
   */
  cancel(id: string): Promise<Recalled> {
    return this.#recall(id, {});
  }

  /** Gives the message of this id another time in each subscription where it still waits, as `cancel` finds it; attempts stay. */
  async reschedule(id: string, time: NewTime): Promise<Recalled> {
    return this.#recall(id, encodeTime(time));
  }

  async #recall(id: string, due: object): Promise<Recalled> {
    const asked = { what: "recall", topic: this.name, id: checkedId(id), ...due };
    const broker = openBroker() ?? (await connect());
    this.#plannedBy(broker);
    return native.call<Recalled>("operate", { broker: broker.number, ...asked });
  }

  /** The publishing side of the topic, without its subscriptions. */
  ref(): Publisher<Message> {
    return {
      name: this.name,
      publish: (message, options) => this.publish(message, options),
      publishBatch: (messages, options) => this.publishBatch(messages, options),
    };
  }

  #plannedBy(broker: OpenBroker): PlannedTopic {
    const planned = broker.topics.get(this.#declared);
    if (planned) return planned;
    throw new PubsubError(
      "failed_precondition",
      `the topic "${this.name}" was declared after the first publish: declare topics at the top level of a module`,
    );
  }
}

/**
 * Publishes one message without options.
 *
 * No async function: its frame would keep the message and its text until the broker has confirmed, and the collector would copy them
 * meanwhile. What lives until then is two promises and the function that settles them.
 */
function publishPlain(broker: OpenBroker, topic: PlannedTopic, message: unknown): Promise<string> {
  try {
    const argument = encode(broker, topic, undefined, write(topic, message));
    return new Promise<string | Refused>((resolve) => {
      native.post(native.operation.publish, argument, settling(resolve));
    }).then(idOf);
  } catch (error) {
    return Promise.reject(error as Error);
  }
}

/** The failure of a publish, as JSON. */
class Refused {
  readonly failure: string;

  constructor(failure: string) {
    this.failure = failure;
  }
}

/** Makes the function that settles a publish, apart from the scope that holds the message's text. */
function settling(resolve: (outcome: string | Refused) => void): (text: string, failed: boolean) => void {
  return (text, failed) => resolve(failed ? new Refused(text) : text);
}

/** Reads the id of a stored message. Makes the error here, in a step of the promise, so that its stack names who waits. */
function idOf(outcome: string | Refused): string {
  if (typeof outcome !== "string") throw toPubsubError(outcome.failure);
  return outcome.slice(1, -1);
}

function write(topic: PlannedTopic, message: unknown): string {
  try {
    return topic.serialize(message);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PubsubError("invalid_argument", `not published to "${topic.declared.name}": ${reason}`, {
      cause: error,
    });
  }
}

async function refineAll({ refine, declared }: PlannedTopic, messages: readonly unknown[]): Promise<void> {
  for (const message of messages) {
    const { issues } = await refine!["~standard"].validate(message);
    if (!issues) continue;
    const reasons = issues.slice(0, 16).map((issue) => issue.message);
    throw new PubsubError("invalid_argument", `not published to "${declared.name}": ${reasons.join("; ")}`);
  }
}

/** Encodes the arguments of a publish in the form that Rust takes. */
function encode(
  broker: OpenBroker,
  topic: PlannedTopic,
  options: PublishOptions | undefined,
  body: string,
): string {
  const trace = traceToSend();
  const told = options === undefined ? encodeTrace(trace) : encodeOptions(options, trace);
  return `[${broker.number},${topic.number},${told},${body}]`;
}

function ask(operation: number, argument: string, signal: AbortSignal | undefined): Promise<Answer> {
  if (signal === undefined) return native.ask(operation, argument);
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      const message = "stopped waiting for the confirmation: the message may have been published";
      reject(new PubsubError("canceled", message, { cause: signal.reason }));
    };
    signal.addEventListener("abort", giveUp, { once: true });
    void native.ask(operation, argument).then((answer) => {
      signal.removeEventListener("abort", giveUp);
      resolve(answer);
    });
  });
}

/**
 * The trace context of the running operation, or of the span within it: `traceparent`, with `tracestate` behind a blank. Outside of
 * both a message begins a trace of its own, which is made of its id.
 */
function traceToSend(): string | undefined {
  const trace = currentTrace();
  if (trace === undefined) return undefined;
  const { traceparent, tracestate } = trace;
  return tracestate === undefined ? traceparent : `${traceparent} ${tracestate}`;
}

/** Encodes the trace of a publish without options. */
function encodeTrace(trace: string | undefined): string {
  return trace === undefined ? "0" : JSON.stringify(trace);
}

/** Encodes options in the form that Rust takes. The turn of the transaction is drawn last, because it must be used. */
function encodeOptions(
  { tx, delay, runAt, priority, dedupeKey, dedupeWindow, uniqueKey }: PublishOptions,
  trace: string | undefined,
): string {
  if (uniqueKey !== undefined && dedupeKey !== undefined) {
    throw new PubsubError(
      "invalid_argument",
      "uniqueKey and dedupeKey exclude each other: leave one of them out",
    );
  }
  const told = {
    trace,
    delayMs: delay === undefined ? undefined : milliseconds("delay", delay),
    runAtMs: runAt === undefined ? undefined : instant(runAt),
    priority: priority === undefined ? undefined : checkedPriority(priority),
    dedupeKey,
    dedupeWindowMs: dedupeWindow === undefined ? undefined : milliseconds("dedupeWindow", dedupeWindow),
    uniqueKey,
    tx: tx === undefined ? undefined : joinTurn(tx),
  };
  return JSON.stringify(told);
}

function checkedPriority(given: unknown): number {
  if (Number.isInteger(given) && (given as number) >= 0 && (given as number) <= MOST_PRIORITY) {
    return given as number;
  }
  const message = `priority is ${shownOption(given)}: write a whole number from 0 to ${MOST_PRIORITY}, the greatest first`;
  throw new PubsubError("invalid_argument", message);
}
