import { APIError, createClient, events } from "@twinloop/client";
import type * as app from "./app.ts";

// Types alone: no code of the app is loaded, and nothing was generated.
const client = createClient<typeof app>(process.argv[2] ?? "http://localhost:4000");

const link = await client("POST /links", { slug: "docs", url: "https://example.com/docs" });
console.log(link.slug, link.createdAt instanceof Date, link.visits + 1n);

// @ts-expect-error -- a misspelt field does not compile; at run time Rust refuses it.
await client("POST /links", { slug: "docs", address: "https://example.com" }).catch((error: unknown) => {
  console.log(error instanceof APIError && error.message);
});

const again = client("POST /links", { slug: "docs", url: "https://example.com/docs" });
await again.catch((error: unknown) => console.log(error instanceof APIError && error.code));

for await (const { data } of events(client, "GET /count-down", { from: 3 })) {
  console.log(data.left);
  if (data.left === 0) break;
}
