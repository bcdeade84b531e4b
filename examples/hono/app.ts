import { api, start } from "@twinloop/api";
import { Hono } from "hono";

const pages = new Hono().basePath("/pages");
pages.use(async (context, next) => {
  await next();
  context.header("x-rendered-by", "hono");
});
pages.get("/hello/:name", (context) => context.html(`<h1>Hello, ${context.req.param("name")}</h1>`));
pages.post("/echo", async (context) => context.json({ echo: await context.req.text() }));

/** Everything below `/pages` is Hono's: a fetch-style handler is mounted as it is. */
export const site = api.raw({ expose: true, method: "*", path: "/pages/!rest" }, pages.fetch);

/** The data behind it, typed and checked by Rust. */
export const data = api(
  { expose: true, method: "GET", path: "/names/:name" },
  async ({ name }: { name: string }): Promise<{ name: string; length: number }> => ({
    name,
    length: name.length,
  }),
);

await start();
