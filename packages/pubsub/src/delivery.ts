import {
  compose,
  encodeThrown,
  JobRunner,
  middlewaresOf,
  serviceOfDeclaration,
  Work,
} from "@twinloop/core-native/internal";
import { BatchContext } from "./batch-context.ts";
import type { OpenBroker } from "./broker.ts";
import { Unrecoverable } from "./error.ts";
import { exactlyOnce } from "./exactly-once.ts";
import { MessageContext, type KeepingNumbers } from "./message-context.ts";
import type { MessageHandler } from "./options.ts";
import type { DeclaredSubscription } from "./registry.ts";
import { writeResult } from "./result.ts";
import { RetryAfter } from "./retry-after.ts";
import { verdictOf } from "./verdict.ts";
import { HandlerResponse, type Middleware, type StandardSchema } from "@twinloop/core-native";

/** A function of a message, or of several, and their context. */
type Run = (given: never, context: never) => unknown;

/** A subscription with all that is needed to run one delivery, or one batch. */
interface Served {
  /** The topic's name. */
  readonly topic: string;
  /** The subscription's name. */
  readonly name: string;
  /** Whether the handler is given batches. */
  readonly isBatch: boolean;
  /** The numbers of the broker and the subscription, where that keeps results. */
  readonly keeping?: KeepingNumbers;
  /** The handler with the middlewares around it. */
  readonly handler: Run;
}

/** Runs the handlers of one isolate: one call per delivered message or batch. */
export class Deliveries extends JobRunner<Served, MessageContext | BatchContext> {
  /** The subscriptions, by their number in deliveries. */
  readonly #served: readonly Served[];

  constructor(broker: OpenBroker, middlewares: readonly Middleware[]) {
    super();
    this.#served = broker.subscriptions.map((declared, number) => {
      const { topic, name, handler, batchHandler } = declared;
      const { refine } = broker.topics.get(topic)!;
      if (batchHandler !== undefined) {
        const run = aroundHandler(declared, batchHandler, middlewares);
        const refined = refine ? refineEach(refine, run) : run;
        return { topic: topic.name, name, isBatch: true, handler: refined };
      }
      const run = aroundHandler(declared, handler!, middlewares) as MessageHandler<never>;
      const once = topic.settings.exactlyOnce ? exactlyOnce(run, broker.number, number) : run;
      const refined = refine ? refineFirst(refine, once) : once;
      const keeping =
        declared.settings.keepResultsMs === null ? {} : { keeping: [broker.number, number] as const };
      return { topic: topic.name, name, isBatch: false, handler: refined, ...keeping };
    });
  }

  /** Runs the handler of one delivered message or batch and answers Rust. Never throws. */
  readonly handle = (id: number, target: number, _aux: number, text: string, tagged: boolean): void => {
    const served = this.#served[target]!;
    if (served.isBatch) {
      return this.run(served, new BatchContext(id, served.topic, served.name), text, tagged);
    }
    const context = new MessageContext(id, served.topic, served.name);
    if (served.keeping !== undefined) MessageContext.keeping(context, served.keeping);
    this.run(served, context, text, tagged);
  };

  protected override succeed(served: Served, context: MessageContext | BatchContext, result: unknown): void {
    if (context instanceof BatchContext) return this.#succeedWithBatch(context);
    const retryAfterMs = MessageContext.retryAfterMs(context);
    if (retryAfterMs !== undefined) this.fail(served, context, new RetryAfter(retryAfterMs));
    else if (served.keeping !== undefined) this.#succeedWithResult(served, context, result);
    else super.succeed(served, context, result);
  }

  #succeedWithResult(served: Served, context: MessageContext, result: unknown): void {
    let written: string;
    try {
      written = writeResult(result instanceof HandlerResponse ? result.payload : result);
    } catch (error) {
      return this.fail(served, context, error);
    }
    if (!Work.isOver(context)) this.port.outbox.reply(Work.id(context), 200, written);
    Work.end(context);
  }

  #succeedWithBatch(context: BatchContext): void {
    const { count, error } = BatchContext.failed(context);
    if (count > 0) context.log.error(error, `failed to handle ${count} messages of a batch`);
    if (!Work.isOver(context)) this.port.outbox.reply(Work.id(context), 200, BatchContext.failures(context));
    Work.end(context);
  }

  protected override fail(_served: Served, context: MessageContext | BatchContext, error: unknown): void {
    const isBatch = context instanceof BatchContext;
    const what = isBatch ? "failed to handle a batch of messages" : "failed to handle a message";
    // A pause that the handler has chosen is no fault of the app.
    if (error instanceof RetryAfter) context.log.info(error, what);
    else context.log.error(error, what);
    if (!isBatch)
      return this.refuse(
        context,
        500,
        encodeThrown(error, verdictOf(error, MessageContext.retryAfterMs(context))),
      );
    const failures = BatchContext.failures(context);
    const own = failures === "" ? {} : { messages: JSON.parse(failures) as unknown };
    this.refuse(context, 500, encodeThrown(error, { ...verdictOf(error), ...own }));
  }
}

/** Puts the middlewares of the app and of the subscription's service around its handler. */
function aroundHandler(
  { topic, name }: DeclaredSubscription,
  handler: Run,
  middlewares: readonly Middleware[],
): Run {
  const service = serviceOfDeclaration({ what: "Subscription", name, within: topic.name });
  const subject = { type: "pubsub-message", name: `${topic.name}/${name}` };
  const run = handler as (given: unknown, context: Work) => unknown;
  return (compose(middlewaresOf(middlewares, service), run, subject) as Run | undefined) ?? handler;
}

/**
 * Puts the part of a schema that Rust cannot check before the handler; a message that does not fit becomes a dead
 * letter.
 */
function refineFirst(schema: StandardSchema, handler: MessageHandler<never>): MessageHandler<never> {
  return async (message, context) => {
    const result = await schema["~standard"].validate(message);
    if (result.issues) throw new Unrecoverable(result.issues.map((issue) => issue.message).join("; "));
    return handler(result.value as never, context);
  };
}

/** Like `refineFirst`, for each message of a batch: those that do not fit are failed and left out. */
function refineEach(schema: StandardSchema, handler: Run): Run {
  return async (messages: readonly unknown[], context: BatchContext) => {
    const results = messages.map(async (message) => {
      const result = await schema["~standard"].validate(message);
      if (!result.issues) return { value: result.value };
      return { error: new Unrecoverable(result.issues.map((issue) => issue.message).join("; ")) };
    });
    BatchContext.refine(context, await Promise.all(results));
    const fitting = context.payload as readonly unknown[];
    return fitting.length === 0 ? undefined : handler(fitting as never, context as never);
  };
}
