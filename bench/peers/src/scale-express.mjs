// Express 5 with zod 4, and as many endpoints as asked for.
import express from "express";

import { host, port } from "./address.mjs";
import { eachEndpoint, HELLO, KEEP_ALIVE_MS, readResource, writeResource } from "./scale.mjs";
import { readingSchemas, writingSchema } from "./scale-schemas.mjs";

const app = express();
app.disable("x-powered-by");
app.get("/hello", (_request, response) => {
  response.json(HELLO);
});
eachEndpoint(
  (path) => {
    const { query } = readingSchemas();
    app.get(`${path}/:id`, (request, response) => {
      const input = query.safeParse(request.query);
      if (!input.success) return response.status(400).json({ issues: input.error.issues });
      response.json(readResource(request.params.id, input.data.page));
    });
  },
  (path) => {
    const body = writingSchema();
    app.post(path, express.json(), (request, response) => {
      const input = body.safeParse(request.body);
      if (!input.success) return response.status(400).json({ issues: input.error.issues });
      response.json(writeResource(input.data));
    });
  },
);
const server = app.listen(port, host);
server.keepAliveTimeout = KEEP_ALIVE_MS;
