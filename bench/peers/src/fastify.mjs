// Fastify 5 with its own JSON schemas: ajv for requests, generated serializers for responses.
import fastify from "fastify";

import { host, port } from "./address.mjs";

const message = {
  type: "object",
  properties: { message: { type: "string" } },
  required: ["message"],
};

const schemaRequest = {
  querystring: {
    type: "object",
    properties: { name: { type: "string" }, excitement: { type: "number" } },
  },
  headers: {
    type: "object",
    properties: { "x-foo": { type: "string" } },
    required: ["x-foo"],
  },
  body: {
    type: "object",
    properties: {
      someKey: { type: "string" },
      someOtherKey: { type: "number" },
      requiredKey: { type: "array", items: { type: "number" } },
      nullableKey: { type: "number", nullable: true },
      multipleTypesKey: { anyOf: [{ type: "boolean" }, { type: "number" }] },
      multipleRestrictedTypesKey: { anyOf: [{ type: "string" }, { type: "number" }] },
      enumKey: { type: "string", enum: ["John", "Foo"] },
    },
    required: ["requiredKey"],
  },
};

const app = fastify({ logger: false });

let handled = 0;

app.get("/hello", { schema: { response: { 200: message } } }, async () => ({ message: "Hello, World!" }));

app.post("/schema", { schema: { ...schemaRequest, response: { 200: message } } }, async (request) => {
  handled += 1;
  const { name = "World", excitement = 0 } = request.query;
  return { message: `Hello ${name}! ${excitement}` };
});

app.get("/handled", async () => ({ handled }));

await app.listen({ host, port });
