// The TechEmpower kinds by Express 5 and node-postgres.
import express from "express";

import { host, port } from "./address.mjs";
import { countOf, fortunesPage, GREETING } from "./techempower.mjs";
import { allFortunes, manyWorlds, oneWorld, updateWorlds } from "./techempower-pg.mjs";

const app = express();
app.disable("x-powered-by");
// Off, because its hash of each answer is no part of the kinds.
app.disable("etag");

app.use((_request, response, next) => {
  response.setHeader("server", "Express");
  next();
});

app.get("/plaintext", (_request, response) => {
  response.type("text/plain").send(GREETING);
});

app.get("/json", (_request, response) => {
  response.json({ message: GREETING });
});

app.get("/db", async (_request, response) => {
  response.json(await oneWorld());
});

app.get("/queries", async ({ query }, response) => {
  response.json(await manyWorlds(countOf(query.queries)));
});

app.get("/updates", async ({ query }, response) => {
  response.json(await updateWorlds(countOf(query.queries)));
});

app.get("/fortunes", async (_request, response) => {
  response.type("text/html; charset=utf-8").send(fortunesPage(await allFortunes()));
});

app.listen(port, host);
