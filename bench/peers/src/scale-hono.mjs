// Hono on Node with zod 4, and as many endpoints as asked for.
import { serve } from "@hono/node-server";
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";

import { host, port } from "./address.mjs";
import { eachEndpoint, HELLO, KEEP_ALIVE_MS, readResource, writeResource } from "./scale.mjs";
import { readingSchemas, writingSchema } from "./scale-schemas.mjs";

const app = new Hono();
app.get("/hello", (context) => context.json(HELLO));
eachEndpoint(
  (path) =>
    app.get(`${path}/:id`, zValidator("query", readingSchemas().query), (context) =>
      context.json(readResource(context.req.param("id"), context.req.valid("query").page)),
    ),
  (path) =>
    app.post(path, zValidator("json", writingSchema()), (context) =>
      context.json(writeResource(context.req.valid("json"))),
    ),
);
serve({ fetch: app.fetch, hostname: host, port, serverOptions: { keepAliveTimeout: KEEP_ALIVE_MS } });
