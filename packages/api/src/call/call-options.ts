import { APIError, currentRequest } from "@twinloop/core-native";
import { Caller, callers, type Work } from "@twinloop/core-native/internal";
import { isIdentified, type AuthData, type KnownCaller } from "../auth/auth-data.ts";
import { Context } from "../context.ts";
import type { Endpoint } from "../registry.ts";
import type { CallOrigin } from "./call-context.ts";
import type { Callee } from "./callee.ts";

/**
 * The options of a call of one endpoint by other code of the app.
 *
 * Example: `await getUser({ id }, { signal: AbortSignal.timeout(200), authData: { userID: "ann" } })`
 */
export interface CallOpts {
  /** The data of the caller that the callee finds. Default: that of the request which makes the call; `null` for nobody. */
  readonly authData?: AuthData | null;
  /**
   * The name of the auth handler whose data `authData` is, where the endpoint takes callers of some of the gateway's only
   * (`auth: "key"`). Not without `authData`; the request that makes the call passes its own on.
   */
  readonly authHandler?: string;
  /** A signal that ends the call: it rejects, and the callee's `ctx.signal` aborts. */
  readonly signal?: AbortSignal;
}

/** The terms on which an endpoint is called. */
export interface CallTerms {
  /** The caller that the callee finds; `null` for nobody. */
  readonly auth: KnownCaller | null;
  /** The signal that the options of the call give. */
  readonly signal: AbortSignal | undefined;
  /** The operation that makes the call, whose end by abort ends the call. */
  readonly caller: Work | undefined;
  /** The place in the trace from which the call comes. */
  readonly origin: CallOrigin | undefined;
  /** What the code that calls belongs to, as the parent of the call's span. */
  readonly by: Caller | undefined;
  /** The caller's own time limit in milliseconds, where the call comes from another process; the shorter limit holds. */
  readonly withinMs?: number | undefined;
  /**
   * The call has come from another process, and goes to no third one: two processes that name each other would pass it on for
   * ever.
   */
  readonly hasArrived?: true;
}

/** The form of the options, as the message of those that are none tells it. */
const FORM =
  "the second argument of a call must be an object: { signal?: AbortSignal, authData?: { userID, … } | null, authHandler?: string }";

/**
 * Reads the options of a call: who its caller is, and what ends it.
 *
 * Shape:  the second argument of a call, `undefined` without one -> the terms. Outside of requests nobody calls, unless `authData`
 *         says who; `authData: null` hides the caller of the current request.
 * Errors: `invalid_argument` for what are no options: a property of another name, `authData` without a `userID`, `authHandler`
 *         without `authData`.
 */
export function termsOf(options: unknown): CallTerms {
  const { signal, authData, authHandler } = fits(options);
  const running = callers.getStore();
  const caller = currentRequest() as Work | undefined;
  const inherited = caller instanceof Context ? Context.callerOf(caller) : null;
  const given = authData && { data: authData, handler: authHandler };
  return {
    auth: given === undefined ? inherited : given,
    signal,
    caller,
    by: running,
    // Looked up where it is used: most calls within a process never ask for their trace.
    get origin() {
      return running && Caller.trace(running);
    },
  };
}

/**
 * Checks that an endpoint lets in the caller of a call. No auth handler runs: the caller is known from its own request, or vouched
 * for by the app's code.
 *
 * Errors: `unauthenticated` where the endpoint needs to know it, or takes callers of other auth handlers.
 */
export function admit({ options }: Endpoint, callee: Callee | undefined, auth: KnownCaller | null): void {
  const { auth: required = false } = options;
  if (required === false) return;
  if (auth === null)
    throw APIError.unauthenticated("the endpoint needs a known caller, and the call has no auth data");
  const admits = callee?.planned.admits;
  if (admits === undefined || (auth.handler !== undefined && admits.includes(auth.handler))) return;
  const known =
    auth.handler === undefined
      ? "the call has auth data without `authHandler`"
      : `the caller is known by ${auth.handler}`;
  throw APIError.unauthenticated(
    `the endpoint lets in callers whom ${admits.join(" or ")} knows, and ${known}`,
  );
}

/** The options as they were given, where they are some. Errors: `invalid_argument` with the form that they must have. */
function fits(options: unknown): CallOpts {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null) throw APIError.invalidArgument(FORM);
  const { signal, authData, authHandler, ...others } = options as CallOpts;
  const isKnown = authData === undefined || authData === null || isIdentified(authData);
  const isNamed =
    authHandler === undefined ||
    (typeof authHandler === "string" && authData !== undefined && authData !== null);
  const fitting = isKnown && isNamed && (signal === undefined || signal instanceof AbortSignal);
  if (fitting && Object.keys(others).length === 0) return options as CallOpts;
  throw APIError.invalidArgument(FORM);
}
