// Elysia with its own schemas; runs on Bun.
import { Elysia, t } from "elysia";

import { host, port } from "./address.mjs";
import { burn, countCharacters, sumMatrix, sumTree, total, wait } from "./work.mjs";

const message = t.Object({ message: t.String() });

const item = t.Object({
  id: t.Number(),
  name: t.String(),
  price: t.Number(),
  tags: t.Array(t.String()),
  inStock: t.Boolean(),
  note: t.Nullable(t.String()),
});

let handled = 0;

new Elysia()
  // Its own status for a refused request is 422; the workload asks for 400.
  .onError(({ code, error, status }) => (code === "VALIDATION" ? status(400, error.message) : undefined))
  .get("/hello", () => ({ message: "Hello, World!" }), { response: message })
  .post(
    "/schema",
    ({ query: { name = "World", excitement = 0 } }) => {
      handled += 1;
      return { message: `Hello ${name}! ${excitement}` };
    },
    {
      query: t.Object({ name: t.Optional(t.String()), excitement: t.Optional(t.Number()) }),
      headers: t.Object({ "x-foo": t.String() }),
      body: t.Object({
        someKey: t.Optional(t.String()),
        someOtherKey: t.Optional(t.Number()),
        requiredKey: t.Array(t.Number()),
        nullableKey: t.Optional(t.Nullable(t.Number())),
        multipleTypesKey: t.Optional(t.Union([t.Boolean(), t.Number()])),
        multipleRestrictedTypesKey: t.Optional(t.Union([t.String(), t.Number()])),
        enumKey: t.Optional(t.Union([t.Literal("John"), t.Literal("Foo")])),
      }),
      response: message,
    },
  )
  .post(
    "/items",
    ({ body: { items } }) => ({ count: items.length, total: total(items), last: items.at(-1) }),
    {
      body: t.Object({ items: t.Array(item) }),
      response: t.Object({ count: t.Number(), total: t.Number(), last: t.Optional(item) }),
    },
  )
  .post("/strings", ({ body: { strings } }) => countCharacters(strings), {
    body: t.Object({ strings: t.Array(t.String()) }),
    response: t.Object({ count: t.Number(), characters: t.Number() }),
  })
  .post("/matrix", ({ body: { rows } }) => sumMatrix(rows), {
    body: t.Object({ rows: t.Array(t.Array(t.Number())) }),
    response: t.Object({ count: t.Number(), total: t.Number() }),
  })
  .post("/tree", ({ body }) => sumTree(body), {
    body: t.Recursive((node) => t.Object({ name: t.String(), value: t.Number(), children: t.Array(node) })),
    response: t.Object({ count: t.Number(), total: t.Number() }),
  })
  .get("/timer", () => wait(), { response: t.Object({ waitedMs: t.Number() }) })
  .get("/burn", () => burn(), { response: t.Object({ burntMicros: t.Number() }) })
  .get("/handled", () => ({ handled }))
  .listen({ hostname: host, port });
