// Express 5 with zod 4.
import express from "express";

import { host, port } from "./address.mjs";
import { body, headers, query } from "./zod-schemas.mjs";

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

app.get("/handled", (_request, response) => {
  response.json({ handled });
});

app.listen(port, host);
