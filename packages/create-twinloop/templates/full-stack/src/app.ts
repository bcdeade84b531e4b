import { api, start } from "@twinloop/api";
import "./tasks/endpoints.ts";

/** The page and its files, served by Rust. */
export const page = api.static({
  expose: true,
  path: "/*file",
  dir: "./public",
  headers: { "content-security-policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'none'" },
});

/** The running app; the address stands in `app.url`. */
export const app = await start();
