// Fastify 5 and amqplib, with Fastify's own JSON schemas.
import fastify from "fastify";

import { host, port } from "./address.mjs";
import { publish, waiting } from "./publishing.mjs";

const body = {
  type: "object",
  properties: {
    number: { type: "number" },
    kind: { type: "string", enum: ["click", "visit"] },
    path: { type: "string" },
    note: { type: "string" },
  },
  required: ["number", "kind", "path", "note"],
  additionalProperties: false,
};

const answer = { 200: { type: "object", properties: { published: { type: "boolean" } } } };

const app = fastify({ logger: false });

app.get("/hello", async () => ({ message: "Hello, World!" }));

app.post("/publish", { schema: { body, response: answer } }, async (request) => {
  await publish(request.body);
  return { published: true };
});

app.get("/queued", async () => ({ queued: await waiting() }));

await app.listen({ host, port });
