// Hono's own way to be tested without a port.
import { Hono } from "hono";
import { measure } from "../../inject/measure.mjs";

const app = new Hono();
app.get("/hello", (context) => context.json({ message: "Hello, World!" }));
await measure(async () => (await app.request("/hello")).json());
