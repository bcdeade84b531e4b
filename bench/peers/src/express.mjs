// Express 5 with zod 4.
import express from "express";

import { host, port } from "./address.mjs";
import { burn, countCharacters, sumMatrix, sumTree, total, wait } from "./work.mjs";
import { body, headers, items, matrix, query, strings, tree } from "./zod-schemas.mjs";

const app = express();
app.disable("x-powered-by");

let handled = 0;

/** Checks query, headers and body before the handler, which finds what passed in `response.locals`. */
function validate(request, response, next) {
  const input = {
    query: query.safeParse(request.query),
    headers: headers.safeParse(request.headers),
    body: body.safeParse(request.body),
  };
  const failed = Object.values(input).find((part) => !part.success);
  if (failed) return response.status(400).json({ issues: failed.error.issues });
  response.locals.query = input.query.data;
  next();
}

app.get("/hello", (_request, response) => {
  response.json({ message: "Hello, World!" });
});

app.post("/schema", express.json(), validate, (_request, response) => {
  handled += 1;
  const { name = "World", excitement = 0 } = response.locals.query;
  response.json({ message: `Hello ${name}! ${excitement}` });
});

app.post("/items", express.json({ limit: "1mb" }), (request, response) => {
  const input = items.safeParse(request.body);
  if (!input.success) return response.status(400).json({ issues: input.error.issues });
  const list = input.data.items;
  response.json({ count: list.length, total: total(list), last: list.at(-1) });
});

/** Answers with what `work` makes of a body of the type `schema`. */
function worked(path, schema, work) {
  app.post(path, express.json({ limit: "1mb" }), (request, response) => {
    const input = schema.safeParse(request.body);
    if (!input.success) return response.status(400).json({ issues: input.error.issues });
    response.json(work(input.data));
  });
}

worked("/strings", strings, (data) => countCharacters(data.strings));
worked("/matrix", matrix, ({ rows }) => sumMatrix(rows));
worked("/tree", tree, sumTree);

app.get("/timer", async (_request, response) => {
  response.json(await wait());
});

app.get("/burn", (_request, response) => {
  response.json(burn());
});

app.get("/handled", (_request, response) => {
  response.json({ handled });
});

app.listen(port, host);
