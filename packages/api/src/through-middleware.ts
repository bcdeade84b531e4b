import { HandlerResponse, ResponseHeader, type Middleware } from "@twinloop/core-native";
import { compose } from "@twinloop/core-native/internal";
import type { Context } from "./context.ts";
import type { EndpointMeta } from "./endpoint-meta.ts";
import type { Handler } from "./registry.ts";
import type { Answer } from "./body/answer.ts";
import { BODILESS } from "./body/answer-of.ts";
import { SEALED } from "./cookie/sealed.ts";
import type { Responder } from "./responder.ts";

/**
 * Puts middlewares around an endpoint's handler, once, at start.
 *
 * Shape:  a handler that resolves to a `HandlerResponse`; `undefined` where no middleware is targeted.
 */
export function aroundHandler(
  middlewares: readonly Middleware[],
  handler: Handler,
  { name, expose, auth, isRaw, isStream, tags }: EndpointMeta,
): Handler | undefined {
  const subject = { type: "api-call", name, expose, auth, isRaw, isStream, tags };
  return compose(middlewares, handler as (request: unknown, context: Context) => unknown, subject) as
    Handler | undefined;
}

/**
 * Makes the responder of an endpoint with middleware: the payload is answered, with the status and headers that were set. A
 * status that the handler's own result has set wins, unless it is 200.
 */
export function respondThrough(respond: Responder): Responder {
  return (result) => {
    if (!(result instanceof HandlerResponse)) return respond(result);
    const answer = respond(result.payload);
    const header = HandlerResponse.headerOf(result);
    const status = answer.status === 200 ? (result.status ?? 200) : answer.status;
    const changed = status === answer.status ? answer : withStatus(answer, status);
    return header === undefined ? changed : { ...changed, headers: mergedHeaders(header, answer.headers) };
  };
}

/** Sets the status of an answer, and drops the body where the status has none. */
function withStatus(answer: Answer, status: number): Answer {
  return BODILESS.has(status) ? { ...answer, status, body: "" } : { ...answer, status };
}

/** Merges the headers of middleware into those of an answer, JSON `[["name","value"],…]`, empty without any. */
export function mergedHeaders(header: ResponseHeader, given: string): string {
  const own = given === "" ? [] : (JSON.parse(given) as [string, string][]);
  // A sealed cookie is one that Rust sets: a middleware that sets the cookies replaces it too.
  const sentAs = (name: string): string => (name === SEALED ? "set-cookie" : name.toLowerCase());
  const merged = ResponseHeader.merge(header, own, sentAs);
  return merged.length === 0 ? "" : JSON.stringify(merged);
}
