// The TechEmpower kinds by brahma-firelight, whose HTTP server is Rust too, and node-postgres.
import { createApp } from "brahma-firelight";

import { host, port } from "./address.mjs";
import { countOf, fortunesPage, GREETING } from "./techempower.mjs";
import { allFortunes, manyWorlds, oneWorld, updateWorlds } from "./techempower-pg.mjs";

const app = createApp();

app.use((_request, response, next) => {
  response.setHeader("server", "brahma");
  next();
});

/** Handlers that are asynchronous answer themselves; one that fails would leave its request without an answer. */
const answering = (handle) => (request, response) => {
  handle(request, response).catch((error) => response.text(String(error), 500));
};

app.get("/plaintext", (_request, response) => response.text(GREETING));

app.get("/json", (_request, response) => response.json({ message: GREETING }));

app.get(
  "/db",
  answering(async (_request, response) => response.json(await oneWorld())),
);

app.get(
  "/queries",
  answering(async ({ query }, response) => response.json(await manyWorlds(countOf(query.queries)))),
);

app.get(
  "/updates",
  answering(async ({ query }, response) => response.json(await updateWorlds(countOf(query.queries)))),
);

app.get(
  "/fortunes",
  answering(async (_request, response) => {
    const headers = { "content-type": "text/html; charset=utf-8" };
    response.send(200, headers, [], fortunesPage(await allFortunes()));
  }),
);

app.listen(host, port);
