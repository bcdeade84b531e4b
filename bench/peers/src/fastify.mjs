// Fastify 5 with its own JSON schemas: ajv for requests, generated serializers for responses.
import fastify from "fastify";

import { host, port } from "./address.mjs";
import { burn, countCharacters, sumMatrix, sumTree, total, wait } from "./work.mjs";

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

const item = {
  type: "object",
  properties: {
    id: { type: "number" },
    name: { type: "string" },
    price: { type: "number" },
    tags: { type: "array", items: { type: "string" } },
    inStock: { type: "boolean" },
    note: { type: "string", nullable: true },
  },
  required: ["id", "name", "price", "tags", "inStock", "note"],
};

const sum = {
  body: { type: "object", properties: { items: { type: "array", items: item } }, required: ["items"] },
  response: {
    200: { type: "object", properties: { count: { type: "number" }, total: { type: "number" }, last: item } },
  },
};

/** A body of these properties, all required, and an answer of these numbers. */
const worked = (properties, ...numbers) => ({
  schema: {
    body: {
      $id: `${Object.keys(properties)[0]}-body`,
      type: "object",
      properties,
      required: Object.keys(properties),
    },
    response: {
      200: {
        type: "object",
        properties: Object.fromEntries(numbers.map((name) => [name, { type: "number" }])),
      },
    },
  },
});

/** @param {string} name */
const oneNumber = (name) => ({
  schema: { response: { 200: { type: "object", properties: { [name]: { type: "number" } } } } },
});

// The telemetry suite has pino write a line a request, as Fastify does by default; the others measure without.
const app = fastify({ logger: process.env.BENCH_LOG === "1" });

let handled = 0;

app.get("/hello", { schema: { response: { 200: message } } }, async () => ({ message: "Hello, World!" }));

app.post("/schema", { schema: { ...schemaRequest, response: { 200: message } } }, async (request) => {
  handled += 1;
  const { name = "World", excitement = 0 } = request.query;
  return { message: `Hello ${name}! ${excitement}` };
});

app.post("/items", { schema: sum }, async ({ body: { items } }) => ({
  count: items.length,
  total: total(items),
  last: items.at(-1),
}));

const listOf = (items) => ({ type: "array", items });

app.post(
  "/strings",
  worked({ strings: listOf({ type: "string" }) }, "count", "characters"),
  async ({ body: { strings } }) => countCharacters(strings),
);

app.post(
  "/matrix",
  worked({ rows: listOf(listOf({ type: "number" })) }, "count", "total"),
  async ({ body: { rows } }) => sumMatrix(rows),
);

app.post(
  "/tree",
  worked(
    { name: { type: "string" }, value: { type: "number" }, children: listOf({ $ref: "#" }) },
    "count",
    "total",
  ),
  async ({ body }) => sumTree(body),
);

app.get("/timer", oneNumber("waitedMs"), () => wait());

app.get("/burn", oneNumber("burntMicros"), async () => burn());

app.get("/handled", async () => ({ handled }));

await app.listen({ host, port });
