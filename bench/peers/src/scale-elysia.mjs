// Elysia with its own schemas, and as many endpoints as asked for; runs on Bun.
import { Elysia, t } from "elysia";

import { host, port } from "./address.mjs";
import { eachEndpoint, HELLO, readResource, writeResource } from "./scale.mjs";

/** The longest that Bun allows, in seconds. */
const IDLE_TIMEOUT = 255;

const app = new Elysia();
app.get("/hello", () => HELLO, { response: t.Object({ message: t.String() }) });
eachEndpoint(
  (path) =>
    app.get(`${path}/:id`, ({ params, query }) => readResource(params.id, query.page), {
      query: t.Object({ page: t.Optional(t.Number()) }),
      response: t.Object({ id: t.String(), page: t.Number() }),
    }),
  (path) =>
    app.post(path, ({ body }) => writeResource(body), {
      body: t.Object({
        name: t.String(),
        price: t.Number(),
        tags: t.Array(t.String()),
        note: t.Optional(t.Nullable(t.String())),
      }),
      response: t.Object({ name: t.String(), tags: t.Number() }),
    }),
);
app.listen({ hostname: host, port, idleTimeout: IDLE_TIMEOUT });
