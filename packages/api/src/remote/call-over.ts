import type { Context } from "../context.ts";
import type { OutgoingCall } from "./outgoing-call.ts";
import { askPublicly, followPublicly } from "./public-call.ts";
import { askSigned, followSigned } from "./signed-call.ts";

/**
 * Calls an endpoint of another process: signed where there is a secret, otherwise on the public road.
 *
 * Shape:  a call whose request was checked here -> what the handler there has returned; dates, bigints and bytes stay what
 *         they are.
 * Errors: an `APIError`, also for what happens on the way: `unavailable` (no answer: a proxy or the process is away),
 *         `deadline_exceeded` (too late), `unimplemented` (the other version does not know the endpoint, or the public road
 *         cannot carry the call), `internal` (the answer is of another type, or the secrets differ).
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
