import { port, Work } from "@twinloop/core-native/internal";
import type { Handler } from "../registry.ts";
import { allowedMethods, runFetch, type FetchHandler } from "./fetch-handler.ts";
import { RawContext, type RawExchange } from "./raw-exchange.ts";
import type { RawHandler } from "./raw-handler.ts";
import type { RawHead } from "./raw-request.ts";

/** Runs a raw request from its head. */
export type RawRun = (head: RawHead, context: RawContext) => unknown;

/** Runs a raw request whose exchange has begun: a middleware or the handler. */
export type RawStep = (exchange: RawExchange, context: RawContext) => unknown;

/** Calls a raw handler in its own style: fetch style with one parameter or none, Node's with more. */
export function rawHandler(handler: Handler, methods: readonly string[]): RawStep {
  if (handler.length < 2) {
    const fetch = handler as unknown as FetchHandler;
    const allow = allowedMethods(methods);
    return (exchange, context) => runFetch(fetch, exchange, context.signal, allow);
  }
  const node = handler as unknown as RawHandler;
  return ({ request, response }) => node(request, response);
}

/** Puts the making of Node's request and response before middlewares and handler. */
export function beginRaw(step: RawStep): RawRun {
  return (head, context) => {
    // A raw request has no payload: its body is read by the handler.
    Work.take(context, undefined);
    return step(RawContext.begin(context, port(), head), context);
  };
}
