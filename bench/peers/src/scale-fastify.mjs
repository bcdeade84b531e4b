// Fastify 5 with its own JSON schemas, and as many endpoints, subscriptions and timers as asked for.
import fastify from "fastify";

import { host, port } from "./address.mjs";
import { eachEndpoint, HELLO, KEEP_ALIVE_MS, readResource, writeResource } from "./scale.mjs";

const object = (properties, required = Object.keys(properties)) => ({ type: "object", properties, required });
const text = { type: "string" };
const number = { type: "number" };

const reading = {
  params: object({ id: text }),
  querystring: object({ page: number }, []),
  response: { 200: object({ id: text, page: number }) },
};
const writing = {
  body: object(
    {
      name: text,
      price: number,
      tags: { type: "array", items: text },
      note: { type: "string", nullable: true },
    },
    ["name", "price", "tags"],
  ),
  response: { 200: object({ name: text, tags: number }) },
};

const app = fastify({ logger: false, keepAliveTimeout: KEEP_ALIVE_MS });
app.get("/hello", { schema: { response: { 200: object({ message: text }) } } }, async () => HELLO);
eachEndpoint(
  (path) =>
    app.get(`${path}/:id`, { schema: reading }, async ({ params, query }) =>
      readResource(params.id, query.page),
    ),
  (path) => app.post(path, { schema: writing }, async ({ body }) => writeResource(body)),
);
// Loaded where it is wanted alone: it would cost the others memory.
if (process.env.BENCH_SUBSCRIPTIONS) {
  const { openInfrastructure } = await import("./scale-infrastructure.mjs");
  await openInfrastructure();
}
await app.listen({ host, port });
