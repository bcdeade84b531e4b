import { api, type Callable, type Context } from "@twinloop/api";
import { expectTypeOf } from "vitest";
import { z } from "zod";

// The handler's own types are the endpoint's.
const shorten = api({ method: "POST", path: "/links" }, async ({ url }: { url: string }) => ({ id: 1, url }));
expectTypeOf(shorten).toEqualTypeOf<Callable<{ url: string }, { id: number; url: string }>>();
expectTypeOf(shorten({ url: "https://example.com" })).resolves.toEqualTypeOf<{ id: number; url: string }>();
// @ts-expect-error: the request needs its url.
void shorten({});
// @ts-expect-error: and one that is a text.
void shorten({ url: 1 });

// Without a request nothing is given.
const ping = api({ path: "/ping" }, () => "pong");
expectTypeOf(ping()).resolves.toEqualTypeOf<string>();

// A schema gives the handler's request.
api({ path: "/users", method: "POST", request: z.object({ age: z.coerce.number() }) }, (request, context) => {
  expectTypeOf(request).toEqualTypeOf<{ age: number }>();
  expectTypeOf(context).toEqualTypeOf<Context>();
});

// @ts-expect-error: methods are in capitals.
api({ path: "/a", method: "get" }, () => 1);
// @ts-expect-error: there is no such option.
api({ path: "/a", aut: true }, () => 1);
