// The TechEmpower kinds on Fastify 5 with its own response schemas; the rows come from the module that is given.
import fastify from "fastify";

import { host, port } from "./address.mjs";
import { countOf, fortunesPage, GREETING } from "./techempower.mjs";

const message = { type: "object", properties: { message: { type: "string" } }, required: ["message"] };
const world = {
  type: "object",
  properties: { id: { type: "integer" }, randomNumber: { type: "integer" } },
  required: ["id", "randomNumber"],
};
const gives = (of) => ({ schema: { response: { 200: of } } });

/**
 * @param {typeof import("./techempower-pg.mjs")} rows
 */
export async function serve({ oneWorld, manyWorlds, updateWorlds, allFortunes }) {
  const app = fastify({ logger: false });
  app.addHook("onRequest", (_request, reply, done) => {
    reply.header("server", "Fastify");
    done();
  });
  app.get("/plaintext", (_request, reply) => {
    reply.type("text/plain").send(GREETING);
  });
  app.get("/json", gives(message), async () => ({ message: GREETING }));
  app.get("/db", gives(world), () => oneWorld());
  app.get("/queries", gives({ type: "array", items: world }), ({ query }) =>
    manyWorlds(countOf(query.queries)),
  );
  app.get("/updates", gives({ type: "array", items: world }), ({ query }) =>
    updateWorlds(countOf(query.queries)),
  );
  app.get("/fortunes", async (_request, reply) => {
    reply.type("text/html; charset=utf-8");
    return fortunesPage(await allFortunes());
  });
  await app.listen({ host, port });
}
