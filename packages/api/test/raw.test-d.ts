import type { IncomingMessage, ServerResponse } from "node:http";
import { api, type FetchHandler, type RawRequest, type RawResponse } from "@twinloop/api";
import { expectTypeOf } from "vitest";

// A handler in Node's style has its parameters' types without saying so.
api.raw({ path: "/a" }, (req, res) => {
  expectTypeOf(req).toEqualTypeOf<RawRequest>();
  expectTypeOf(res).toEqualTypeOf<RawResponse>();
});
api.raw({ path: "/b" }, async (req, res) => {
  for await (const piece of req) res.write(piece);
  res.end();
});
api.raw({ path: "/c" }, (_req: IncomingMessage, res: ServerResponse) => void res.end());

api.raw({ path: "/d" }, async (request: Request) => new Response(request.url));
api.raw({ path: "/e" }, () => new Response("x"));
declare const worker: (request: Request, env?: unknown) => Response | Promise<Response>;
api.raw({ path: "/f" }, worker);
declare const handler: FetchHandler;
api.raw({ path: "/g" }, handler);

declare const express: {
  (req: IncomingMessage, res: ServerResponse, next?: () => void): void;
  use(): void;
};
api.raw({ path: "/h" }, express);

// As the types of Express 5 have it: an app is a middleware as well.
interface Layer {
  (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void;
}
interface App extends Layer {
  (req: IncomingMessage, res: ServerResponse): unknown;
}
declare const app: App;
api.raw({ path: "/h2" }, app);
declare const layer: Layer;
// @ts-expect-error: nobody calls a middleware with `next`.
api.raw({ path: "/h3" }, layer);

// What has one parameter or none is called in fetch style, and must answer so.
// @ts-expect-error: a number is no Response.
api.raw({ path: "/i" }, async (request: Request) => request.url.length);
// @ts-expect-error: nothing is no Response.
api.raw({ path: "/j" }, async () => {});
// @ts-expect-error: the one parameter is a Request.
api.raw({ path: "/k" }, (req: IncomingMessage) => new Response(req.url));
// @ts-expect-error: an endpoint of no schema has none for its response.
api.raw({ path: "/l", response: {} }, (_req, res) => void res.end());
