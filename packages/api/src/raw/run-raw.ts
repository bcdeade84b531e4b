import { APIError, HandlerResponse, log } from "@twinloop/core-native";
import { port, Work } from "@twinloop/core-native/internal";
import type { Handler } from "../registry.ts";
import { directFetch } from "./direct-fetch.ts";
import { allowedMethods, runFetch, type FetchHandler } from "./fetch-handler.ts";
import { RawContext, type RawExchange } from "./raw-exchange.ts";
import type { RawHandler } from "./raw-handler.ts";
import type { RawHead } from "./raw-request.ts";

/** Runs a raw request from its head. */
export type RawRun = (head: RawHead, context: RawContext) => unknown;

/** Runs a raw request whose exchange has begun: a middleware or the handler. */
export type RawStep = (exchange: RawExchange, context: RawContext) => unknown;

/**
 * Runs a raw handler that no middleware stands before.
 *
 * Shape:  the handler and the methods of its endpoint -> what runs a request from its head. The number of the handler's
 *         parameters tells its style, as in `InItsStyle`.
 */
export function runRaw(handler: Handler, methods: readonly string[]): RawRun {
  if (!isFetchStyle(handler)) return beginRaw(rawHandler(handler, methods));
  return directFetch(handler as unknown as FetchHandler, allowedMethods(methods));
}

/** Whether a raw handler takes a `Request`: it has one parameter or none. */
function isFetchStyle(handler: Handler): boolean {
  return handler.length < 2;
}

/** Calls a raw handler in its own style: fetch style with one parameter or none, Node's with more. */
export function rawHandler(handler: Handler, methods: readonly string[]): RawStep {
  if (isFetchStyle(handler)) {
    const fetch = handler as unknown as FetchHandler;
    const allow = allowedMethods(methods);
    return (exchange, context) => {
      exchange.isHandled = true;
      return runFetch(fetch, exchange, context.signal, allow);
    };
  }
  const node = handler as unknown as RawHandler;
  return (exchange) => {
    exchange.isHandled = true;
    return node(exchange.request, exchange.response);
  };
}

/** Refuses the response of a middleware that stood in for a raw handler and wrote nothing: its client would wait in vain. */
function checkAnswered({ isHandled, response }: RawExchange, result: unknown): void {
  if (isHandled || response.headersSent || response.writableEnded) return;
  if (!(result instanceof HandlerResponse)) return;
  throw APIError.internal(
    "a middleware answered a raw endpoint by its HandlerResponse, which cannot be sent: write to `request.rawResponse`",
  );
}

/** Begins the exchange of a raw request. */
function begin(head: RawHead, context: RawContext): RawExchange {
  // A raw request has no payload: its body is read by the handler.
  Work.take(context, undefined);
  return RawContext.begin(context, port(), head);
}

/** Puts the making of Node's request and response before a handler. */
function beginRaw(step: RawStep): RawRun {
  return (head, context) => step(begin(head, context), context);
}

/** Puts the making of Node's request and response before the middlewares of an endpoint, which may stand in for its handler. */
export function beginThroughMiddleware(step: RawStep): RawRun {
  let isTold = false;
  return async (head, context) => {
    const exchange = begin(head, context);
    const result: unknown = await step(exchange, context);
    checkAnswered(exchange, result);
    if (isTold || !(result instanceof HandlerResponse)) return;
    if (result.status === undefined && HandlerResponse.headerOf(result) === undefined) return;
    isTold = true;
    log.warn("left out what a middleware has set on the response of a raw endpoint", {
      endpoint: `${context.service}.${context.endpoint}`,
      hint: "set status and headers by `request.rawResponse` before `next` is called",
    });
  };
}
