import { createHmac, timingSafeEqual } from "node:crypto";
import { api, start } from "@twinloop/api";
import { secret } from "@twinloop/secrets";
import express from "express";

/** An Express app of years ago, with its own routes, parsers and errors. */
const legacy = express();
legacy.use(express.json());
legacy.get("/shop/items/:id", (request, response) => {
  response.json({ id: request.params.id, price: 12.5 });
});
legacy.post("/shop/items", (request, response) => {
  response.status(201).json({ created: request.body.name });
});

/** Everything below `/shop` is Express's, unchanged. */
export const shop = api.raw({ expose: true, method: "*", path: "/shop/!rest" }, legacy);

const webhookKey = secret("WebhookKey");

/** A raw endpoint: the bytes of a webhook as they came, which is what its signature is of. */
export const webhook = api.raw(
  { expose: true, method: "POST", path: "/webhook" },
  async (request: Request) => {
    const body = Buffer.from(await request.arrayBuffer());
    const expected = createHmac("sha256", webhookKey()).update(body).digest();
    const given = Buffer.from(request.headers.get("x-signature") ?? "", "hex");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return new Response("the signature is wrong\n", { status: 401 });
    }
    return Response.json({ received: JSON.parse(body.toString()) });
  },
);

/** A new endpoint beside it. What moves here from Express gets its types checked. */
export const version = api(
  { expose: true, method: "GET", path: "/version" },
  async (): Promise<{ version: string }> => ({ version: "2.0.0" }),
);

await start();
