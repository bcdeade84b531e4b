// Fastify's own way to be tested without a port.
import fastify from "fastify";
import { measure } from "../../inject/measure.mjs";

const message = { type: "object", properties: { message: { type: "string" } }, required: ["message"] };
const app = fastify({ logger: false });
app.get("/hello", { schema: { response: { 200: message } } }, async () => ({ message: "Hello, World!" }));
await app.ready();
await measure(async () => (await app.inject("/hello")).json());
