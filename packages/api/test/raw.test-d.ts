import { api, RawRequest, RawResponse } from "@twinloop/api";
import { expectTypeOf } from "vitest";

// A handler in the style of Node has its types without naming them.
api.raw({ path: "/a" }, async (request, response) => {
  expectTypeOf(request).toEqualTypeOf<RawRequest>();
  expectTypeOf(response).toEqualTypeOf<RawResponse>();
  response.setHeader("content-type", "text/html").end();
});

// In fetch style the request says its type, or is left out.
api.raw({ path: "/b" }, async (request: Request) => new Response(await request.text()));
api.raw({ path: "/c" }, () => new Response("hello"));
// @ts-expect-error: one parameter alone could be either style's.
api.raw({ path: "/d" }, (request) => new Response(request.url));
// @ts-expect-error: a handler in fetch style returns a response.
api.raw({ path: "/e" }, async (request: Request) => request.url);

// The classes can be named as values, as where a framework's prototypes are set.
Object.setPrototypeOf({}, RawRequest.prototype);
Object.setPrototypeOf({}, RawResponse.prototype);
