import type { Context } from "../context.ts";
import type { OutgoingCall } from "./outgoing-call.ts";
import { askPublicly, followPublicly } from "./public-call.ts";
import { askSigned, followSigned } from "./signed-call.ts";

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
