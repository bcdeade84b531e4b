// Fastify with its own plugin for files, as its documentation shows it.
import fastifyStatic from "@fastify/static";
import Fastify from "fastify";
import { fileURLToPath } from "node:url";
import { host, port } from "./address.mjs";

const app = Fastify({ logger: false });
await app.register(fastifyStatic, {
  root: fileURLToPath(new URL("../../dist/files", import.meta.url)),
  prefix: "/files/",
});
await app.listen({ host, port });
