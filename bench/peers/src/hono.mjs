// Hono on node with its zod validator.
import { serve } from "@hono/node-server";
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";

import { host, port } from "./address.mjs";
import { burn, countCharacters, sumMatrix, sumTree, total, wait } from "./work.mjs";
import { body, headers, items, matrix, query, strings, tree } from "./zod-schemas.mjs";

const app = new Hono();

let handled = 0;

app.get("/hello", (context) => context.json({ message: "Hello, World!" }));

app.post(
  "/schema",
  zValidator("query", query),
  zValidator("header", headers),
  zValidator("json", body),
  (context) => {
    handled += 1;
    const { name = "World", excitement = 0 } = context.req.valid("query");
    return context.json({ message: `Hello ${name}! ${excitement}` });
  },
);

app.post("/items", zValidator("json", items), (context) => {
  const list = context.req.valid("json").items;
  return context.json({ count: list.length, total: total(list), last: list.at(-1) });
});

app.post("/strings", zValidator("json", strings), (context) =>
  context.json(countCharacters(context.req.valid("json").strings)),
);

app.post("/matrix", zValidator("json", matrix), (context) =>
  context.json(sumMatrix(context.req.valid("json").rows)),
);

app.post("/tree", zValidator("json", tree), (context) => context.json(sumTree(context.req.valid("json"))));

app.get("/timer", async (context) => context.json(await wait()));

app.get("/burn", (context) => context.json(burn()));

app.get("/handled", (context) => context.json({ handled }));

serve({ fetch: app.fetch, hostname: host, port });
