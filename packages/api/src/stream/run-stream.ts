import { buildSerializer, idsOf, toWireError, type Node } from "@twinloop/core-native/internal";
import { APIError, HandlerResponse, log } from "@twinloop/core-native";
import { BEGIN_AFTER_MS } from "../event-stream.ts";
import type { Handler } from "../registry.ts";
import { MAX_REASON_BYTES, type MessageForm } from "./message-stream.ts";
import type { StreamPlan } from "./plan-stream.ts";
import type { StreamContext } from "./stream-context.ts";

/** A stream with all that is needed to run one connection. */
export interface ServedStream {
  readonly form: MessageForm;
  /** The handler, with its middleware. */
  readonly handler: (handshake: unknown, context: StreamContext) => unknown;
  /** Serializes what the handler returns; `undefined` where the client is sent nothing. */
  readonly respond: ((result: unknown) => string) | undefined;
}

/** Makes a stream's handler one of the usual form: it finds its stream in the context. */
export function streamHandler(handler: Handler, takesHandshake: boolean): Handler {
  const call = handler as (...given: unknown[]) => unknown;
  return (handshake: unknown, context) => {
    const { stream } = (context as StreamContext).middlewareParts;
    return takesHandshake ? call(handshake, stream, context) : call(stream, context);
  };
}

/** Prepares a stream, once, at start. */
export function serveStream(types: readonly Node[], plan: StreamPlan, handler: Handler): ServedStream {
  const { outgoing, response, isRaw } = plan;
  const typed = outgoing === undefined ? nothing : buildSerializer(types, outgoing, "message");
  return {
    form: { isRaw, serialize: isRaw ? rawText : typed },
    handler: handler as unknown as ServedStream["handler"],
    respond: response === undefined ? undefined : buildSerializer(types, response, "response"),
  };
}

/** Raw text crosses as a JSON string, because the texts of an outbox are lines. */
function rawText(message: unknown): string {
  if (typeof message === "string") return JSON.stringify(message);
  throw new TypeError(`a raw message must be a string or a Uint8Array, found ${typeof message}`);
}

/** The serializer of a stream on which only the client sends. */
function nothing(): string {
  throw new TypeError("this stream sends no messages");
}

/**
 * Runs the handler of one connection to its end, and closes the stream: with 1000 when it returns, with 1011 when it throws.
 *
 * Shape:  where the handler's result has a type, it is sent as the last message. A handler that does not use its stream
 *         within 250 ms has its connection upgraded.
 * Errors: rejects with what the handler throws while the client can still be given an HTTP answer.
 */
export async function runStream(
  { handler, respond }: ServedStream,
  handshake: unknown,
  context: StreamContext,
): Promise<void> {
  const { signal } = context;
  const { stream } = context.middlewareParts;
  const leave = (): void => stream.lost({ code: 1006, reason: "" });
  signal.addEventListener("abort", leave, { once: true });
  const late = setTimeout(() => stream.begin(), BEGIN_AFTER_MS);
  try {
    const returned = await handler(handshake, context);
    const result = returned instanceof HandlerResponse ? returned.payload : returned;
    if (respond && !stream.hasEnded) stream.respond(respond(result));
    stream.finish(1000, "");
  } catch (error) {
    if (!stream.hasBegun && !signal.aborted) throw error;
    // As for a request: an `APIError` below 500 is what the handler means to say, and no failure of it.
    if (toWireError(error).status >= 500) {
      log.error(error, "failed to serve a stream", {
        endpoint: `${context.service}.${context.endpoint}`,
        ...idsOf(context),
      });
    }
    stream.finish(1011, reasonOf(error));
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", leave);
  }
}

/** The reason that a client is told: code and message of an `APIError`, and of any other error nothing. */
function reasonOf(error: unknown): string {
  if (!(error instanceof APIError)) return "internal";
  const text = `${error.code}: ${error.message}`;
  const bytes = new TextEncoder().encode(text).subarray(0, MAX_REASON_BYTES);
  // A character that was cut is left out.
  return new TextDecoder().decode(bytes, { stream: true });
}
