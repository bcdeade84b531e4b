import { Operation, port, revive, type Port } from "@twinloop/core-native/internal";
import type { OpenBroker } from "./broker.ts";
import { Unrecoverable } from "./error.ts";
import { exactlyOnce } from "./exactly-once.ts";
import { MessageContext } from "./message-context.ts";
import type { MessageHandler } from "./options.ts";
import type { StandardSchema } from "@twinloop/core-native";

/** A subscription as the hot path sees it. */
interface Served {
  readonly topic: string;
  readonly name: string;
  readonly handler: (message: unknown, context: MessageContext) => unknown;
}

const MAX_STACK_UNITS = 8_000;

/** Runs the handlers of one isolate: one call per delivered message. */
export class Deliveries {
  readonly #served: readonly Served[];
  readonly #port: Port = port();

  constructor(broker: OpenBroker) {
    this.#served = broker.subscriptions.map(({ topic, name, handler }, number) => {
      const { refine } = broker.topics.get(topic)!;
      const once = topic.settings.exactlyOnce ? exactlyOnce(handler, broker.number, number) : handler;
      const refined = refine ? refineFirst(refine, once) : once;
      return { topic: topic.name, name, handler: refined as Served["handler"] };
    });
  }

  /** Runs one message to its end. Never throws. */
  readonly handle = (id: number, target: number, _aux: number, text: string, tagged: boolean): void => {
    const served = this.#served[target]!;
    const context = new MessageContext(id, served.topic, served.name);
    try {
      const message = tagged ? revive(JSON.parse(text)) : JSON.parse(text);
      const result = Operation.run(context, served.handler, message);
      if (isThenable(result)) {
        result.then(
          () => this.#succeed(id, context),
          (error: unknown) => this.#fail(id, context, error),
        );
      } else {
        this.#succeed(id, context);
      }
    } catch (error) {
      this.#fail(id, context, error);
    }
  };

  #succeed(id: number, context: MessageContext): void {
    if (Operation.isOver(context)) return Operation.end(context);
    this.#port.outbox.reply(id, 200, "");
    Operation.end(context);
  }

  #fail(id: number, context: MessageContext, error: unknown): void {
    const { topic, subscription, messageId, attempt } = context;
    context.log.error(error, "a message was not handled", {
      subscription: `${topic}/${subscription}`,
      messageId,
      attempt,
    });
    if (Operation.isOver(context)) return Operation.end(context);
    this.#port.outbox.fail(id, 500, encodeFailure(error));
    Operation.end(context);
  }
}

/** Puts the part of a schema that Rust cannot check before the handler; a message that does not fit is given up. */
function refineFirst(schema: StandardSchema, handler: MessageHandler<never>): MessageHandler<never> {
  return async (message, context) => {
    const result = await schema["~standard"].validate(message);
    if (result.issues) throw new Unrecoverable(result.issues.map((issue) => issue.message).join("; "));
    return handler(result.value as never, context);
  };
}

/** What the Rust half keeps of a failure: never throws, whatever was thrown. */
function encodeFailure(thrown: unknown): string {
  const unrecoverable = thrown instanceof Unrecoverable;
  try {
    const { code, message, stack } = thrown as { code?: unknown; message?: unknown; stack?: unknown };
    return JSON.stringify({
      code: typeof code === "string" ? code : "unknown",
      message: typeof message === "string" ? message : String(thrown),
      ...(typeof stack === "string" ? { stack: stack.slice(0, MAX_STACK_UNITS) } : {}),
      ...(unrecoverable ? { unrecoverable } : {}),
    });
  } catch {
    return '{"code":"unknown","message":"a value was thrown that cannot be shown"}';
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function"
  );
}
