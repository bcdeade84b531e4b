import { api, type Header, type SetCookie } from "@twinloop/api";
import type { TestApp, TestedTopic } from "@twinloop/api/testing";
import { expectTypeOf } from "vitest";

declare const app: TestApp;

// A call has the endpoint's own types.
const shorten = api({ path: "/links" }, async ({ url }: { url: string }) => ({ id: 1, url }));
expectTypeOf(app.call(shorten, { url: "https://example.com" })).resolves.toEqualTypeOf<{
  id: number;
  url: string;
}>();
// @ts-expect-error: the request needs its url.
void app.call(shorten, {});
// @ts-expect-error: and cannot be left out.
void app.call(shorten);

// Without a request nothing is given, and options may come behind it.
const ping = api({ path: "/ping" }, () => "pong");
expectTypeOf(app.call(ping)).resolves.toEqualTypeOf<string>();
expectTypeOf(app.call(ping, undefined, { auth: { userID: "ann" } })).resolves.toEqualTypeOf<string>();
// @ts-expect-error: a caller has a userID.
void app.call(ping, undefined, { auth: { name: "ann" } });

const signIn = api(
  { path: "/sign-in" },
  async (): Promise<{ sid: SetCookie<"sid">; tag: Header<"X-Tag"> }> => ({
    ...{ sid: { value: "a" }, tag: "b" },
  }),
);
expectTypeOf(app.call(signIn)).resolves.toHaveProperty("sid");

// An event stream is an iterable.
const ticks = api.sse({ path: "/ticks" }, async function* () {
  yield { data: { n: 1 } };
});
expectTypeOf(app.call(ticks)).toEqualTypeOf<AsyncIterable<{ data: { n: number } }>>();

// A topic tells the type of its messages.
declare const clicks: TestedTopic<{ link: number }>;
expectTypeOf(app.messages.published(clicks))
  .resolves.items.toHaveProperty("body")
  .toEqualTypeOf<{ link: number }>();

expectTypeOf(app.request("/links")).resolves.toEqualTypeOf<Response>();
// @ts-expect-error: a redirect is an answer.
void app.request("/links", { redirect: "follow" });
