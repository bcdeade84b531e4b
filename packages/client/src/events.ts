import type { Client, Given } from "./client-types.ts";
import type { RouteOfKind, Routes } from "./endpoint-types.ts";
import { follow, type EventOptions } from "./follow.ts";
import { byPlan } from "./by-plan.ts";

/** The arguments after the route of an event stream. */
export type EventsGiven<T> =
  Given<T> extends [infer Input, unknown] ? [input: Input, options: EventOptions] : EventsOptional<Given<T>>;
type EventsOptional<G> = G extends [unknown, unknown?]
  ? [input: G[0], options?: EventOptions]
  : [input?: G extends readonly (infer One)[] ? One : never, options?: EventOptions];

/**
 * Follows an `api.sse` endpoint, and connects again with `Last-Event-ID` where the connection ends; ends by `break`, or by the
 * `signal` of the options, whose error is `canceled`.
 *
 * Shape:  -> `{ data, event?, id?, retry? }`, one by one.
 * Errors: an `APIError`: at the first connection whatever the app answers; later only an answer that no try would change.
 * Example: `for await (const { data } of events(client, "GET /clicks")) show(data);`
 */
export function events<App, R extends RouteOfKind<Routes<App>, "events">>(
  client: Client<App>,
  route: R,
  ...given: EventsGiven<Routes<App>[R]>
): AsyncGenerator<EventOf<Routes<App>[R]>, void> {
  const [input, options] = given as [unknown, EventOptions?];
  const headers = { accept: "text/event-stream;revive=1", ...options?.headers };
  return follow(client["~settings"], route, input, { ...options, headers }, byPlan) as AsyncGenerator<
    EventOf<Routes<App>[R]>,
    void
  >;
}

/** An event as the endpoint's type has it. */
export type EventOf<T> = T extends { readonly output: infer Output } ? Output : never;
