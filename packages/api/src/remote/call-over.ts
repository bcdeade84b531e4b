import type { KnownCaller } from "../auth/auth-data.ts";
import type { CallOrigin } from "../call/call-context.ts";
import type { Callee } from "../call/callee.ts";
import type { Context } from "../context.ts";
import { askPublicly, followPublicly } from "./public-call.ts";
import type { ServiceLink } from "./service-link.ts";
import { askSigned, followSigned } from "./signed-call.ts";

/** A call that goes to another process, its request checked. */
export interface OutgoingCall {
  readonly link: ServiceLink;
  readonly callee: Callee;
  readonly input: unknown;
  readonly auth: KnownCaller | null;
  /** The operation that calls, as the parent of the callee's in the trace. */
  readonly origin: CallOrigin;
  /** The time that is left for the call. */
  readonly timeoutMs: number | undefined;
}

/**
 * Calls an endpoint of another process: signed where there is a secret, otherwise on the public road.
 *
 * Shape:  what a handler would return. Errors: an `APIError`, also for what happens on the way.
 */
export function callOver(call: OutgoingCall, context: Context): Promise<unknown> {
  const { secret } = call.link;
  return secret === undefined ? askPublicly(call, context) : askSigned(call, secret, context);
}

/** Calls an event stream of another process. Shape: what a handler would return. Errors: as `callOver`. */
export function eventsOver(call: OutgoingCall, context: Context): AsyncGenerator<unknown> {
  const { secret } = call.link;
  return secret === undefined ? followPublicly(call, context) : followSigned(call, secret, context);
}
