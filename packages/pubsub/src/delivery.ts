import {
  compose,
  encodeThrown,
  JobRunner,
  middlewaresOf,
  serviceOfDeclaration,
} from "@twinloop/core-native/internal";
import type { OpenBroker } from "./broker.ts";
import { Unrecoverable } from "./error.ts";
import { RetryAfter } from "./retry-after.ts";
import { exactlyOnce } from "./exactly-once.ts";
import { MessageContext } from "./message-context.ts";
import type { MessageHandler } from "./options.ts";
import type { DeclaredSubscription } from "./registry.ts";
import type { Middleware, StandardSchema } from "@twinloop/core-native";

/** A subscription with all that is needed to run one delivery. */
interface Served {
  /** The topic's name. */
  readonly topic: string;
  /** The subscription's name. */
  readonly name: string;
  /** The handler with the middlewares around it. */
  readonly handler: (message: never, context: MessageContext) => unknown;
}

/** Runs the handlers of one isolate: one call per delivered message. */
export class Deliveries extends JobRunner<Served, MessageContext> {
  /** The subscriptions, by their number in deliveries. */
  readonly #served: readonly Served[];

  constructor(broker: OpenBroker, middlewares: readonly Middleware[]) {
    super();
    this.#served = broker.subscriptions.map((declared, number) => {
      const { topic, name } = declared;
      const { refine } = broker.topics.get(topic)!;
      const handler = aroundHandler(declared, middlewares);
      const once = topic.settings.exactlyOnce ? exactlyOnce(handler, broker.number, number) : handler;
      const refined = refine ? refineFirst(refine, once) : once;
      return { topic: topic.name, name, handler: refined as Served["handler"] };
    });
  }

  /** Runs the handler of one delivered message and answers Rust. Never throws. */
  readonly handle = (id: number, target: number, _aux: number, text: string, tagged: boolean): void => {
    const served = this.#served[target]!;
    this.run(served, new MessageContext(id, served.topic, served.name), text, tagged);
  };

  protected override succeed(served: Served, context: MessageContext, result: unknown): void {
    const retryAfterMs = MessageContext.retryAfterMs(context);
    if (retryAfterMs === undefined) super.succeed(served, context, result);
    else this.fail(served, context, new RetryAfter(retryAfterMs));
  }

  protected override fail(_served: Served, context: MessageContext, error: unknown): void {
    // A pause that the handler has chosen is no fault of the app.
    if (error instanceof RetryAfter) context.log.info(error, "failed to handle a message");
    else context.log.error(error, "failed to handle a message");
    this.refuse(context, 500, encodeThrown(error, verdictOf(error, MessageContext.retryAfterMs(context))));
  }
}

/** What a thrown value says of the message's fate, beside its code and text. */
function verdictOf(error: unknown, markedMs: number | undefined): Readonly<Record<string, unknown>> {
  if (error instanceof Unrecoverable) return { unrecoverable: true };
  const retryAfterMs = error instanceof RetryAfter ? error.delayMs : markedMs;
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

/** Puts the middlewares of the app and of the subscription's service around its handler. */
function aroundHandler(
  { topic, name, handler }: DeclaredSubscription,
  middlewares: readonly Middleware[],
): MessageHandler<never> {
  const service = serviceOfDeclaration({ what: "Subscription", name, within: topic.name });
  const subject = { type: "pubsub-message", name: `${topic.name}/${name}` };
  const run = handler as (message: unknown, context: MessageContext) => unknown;
  return compose(middlewaresOf(middlewares, service), run, subject) ?? handler;
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
