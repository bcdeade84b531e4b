import { expectTypeOf } from "vitest";
import {
  bytes,
  connect,
  createClient,
  endpoint,
  events,
  form,
  multipart,
  text,
  withResponse,
  type Connection,
} from "@twinloop/client";
import type * as app from "./sample-app.ts";

const client = createClient<typeof app>("http://localhost");

// Output and input come from the handler.
expectTypeOf(client("GET /links/:slug", { slug: "a" })).resolves.toEqualTypeOf<app.Link>();
expectTypeOf(
  client("GET /links", { limit: 1, page_size: 2, tag: ["a"], since: new Date(), above: 1n }),
).resolves.toHaveProperty("limit");
expectTypeOf(client("GET /links")).resolves.toHaveProperty("limit");
expectTypeOf(client("DELETE /links/:slug", { slug: "a" })).resolves.toEqualTypeOf<undefined>();

// @ts-expect-error: the route is not there.
void client("GET /nowhere");
// @ts-expect-error: private endpoints are not offered.
void client("GET /hidden");
// @ts-expect-error: the method is part of the route.
void client("POST /links/:slug", { slug: "a" });
// @ts-expect-error: the input is required.
void client("GET /links/:slug");
// @ts-expect-error: and of its type.
void client("GET /links/:slug", { slug: 1 });
// @ts-expect-error: in a query, a field is called as on the wire.
void client("GET /links", { size: 2 });

// Marked fields have a place that the run time can see.
const given = { id: 1, at: new Date(), big: 1n, data: new Uint8Array() };
const placed = client("PUT /places/:id", given, {
  headers: { "X-Key": "k" },
  query: { dry: true },
});
expectTypeOf(placed).resolves.toHaveProperty("given");
expectTypeOf(placed).resolves.not.toHaveProperty("tag");
expectTypeOf(placed).resolves.not.toHaveProperty("status");
// @ts-expect-error: the header is required.
void client("PUT /places/:id", given);
// @ts-expect-error: a header is no part of the body.
void client("PUT /places/:id", { ...given, key: "k" }, { headers: {} });

// Bodies that are not JSON are made by their functions.
void client("POST /sign-in", form({ user: "a", ages: [1] }));
void client("POST /photos/:album", multipart({ album: "a", title: "t", file: new Blob([]) }));
void client("PUT /blobs/:id", bytes({ id: "a", data: new Uint8Array() }));
expectTypeOf(client("POST /note", text("a"), { as: "text" })).resolves.toEqualTypeOf<string>();
expectTypeOf(
  client("POST /blob", bytes(new Uint8Array()), { as: "arrayBuffer" }),
).resolves.toEqualTypeOf<ArrayBuffer>();
// @ts-expect-error: a form is no JSON.
void client("POST /sign-in", { user: "a", ages: [1] });
// @ts-expect-error: nor multipart.
void client("POST /sign-in", multipart({ user: "a", ages: [1] }));
// @ts-expect-error: its fields have types.
void client("POST /sign-in", form({ user: "a", ages: ["b"] }));

// Answers that are not JSON are asked for by their form.
expectTypeOf(client("GET /page", undefined, { as: "text" })).resolves.toEqualTypeOf<string>();
// @ts-expect-error: it is a page.
void client("GET /page");
// @ts-expect-error: and no JSON.
void client("GET /page", undefined, { as: "json" });
expectTypeOf(client("GET /table", { empty: true })).resolves.toEqualTypeOf<{ rows: number }>();
expectTypeOf(client("GET /table", {}, { as: "text" })).resolves.toEqualTypeOf<string>();
expectTypeOf(client("POST /hook/:id", { id: 1 }, { as: "response" })).resolves.toEqualTypeOf<Response>();

// The rest of the forms.
expectTypeOf(client("POST /checked", { age: "4" })).resolves.toEqualTypeOf<{ age: number }>();
expectTypeOf(client("GET /either", {}, { query: { a: "1" } })).resolves.toEqualTypeOf<{ a: string }>();
expectTypeOf(client("POST /either", {}, { query: { a: "1" } })).resolves.toEqualTypeOf<{ a: string }>();
expectTypeOf(client("POST /posted", { a: 1 })).resolves.toEqualTypeOf<{ a: number }>();
// @ts-expect-error: without a method an endpoint answers POST.
void client("GET /posted", { a: 1 });
expectTypeOf(client("POST /sample.unnamed", { a: 1 })).resolves.toEqualTypeOf<{ a: number }>();
// @ts-expect-error: a default path ends in the name of the export.
void client("POST /sample.other", { a: 1 });
const typed = endpoint<typeof app.typed>(client, "POST /typed/:name");
expectTypeOf(typed({ name: "a" })).resolves.toEqualTypeOf<{ hello: string; at: Date }>();
expectTypeOf(await withResponse(client, "GET /links/:slug", { slug: "a" })).toEqualTypeOf<{
  readonly data: app.Link;
  readonly status: number;
  readonly headers: Headers;
}>();

// Streams.
for await (const { data, id } of events(client, "GET /ticks/:n", { n: 3 })) {
  expectTypeOf(data).toEqualTypeOf<{ id: number; at: Date }>();
  expectTypeOf(id).toEqualTypeOf<number>();
}
// @ts-expect-error: an event stream has no one answer.
void client("GET /ticks/:n", { n: 3 });
const echo = connect<typeof app.echo>(
  client,
  "GET /echo/:room",
  { room: "a" },
  { headers: { "X-Key": "k" } },
);
expectTypeOf(echo).resolves.toEqualTypeOf<
  Connection<{ say: string; at: Date }, { heard: string; at: string }>
>();
// @ts-expect-error: the handshake has a header.
void connect<typeof app.echo>(client, "GET /echo/:room", { room: "a" });
void connect<typeof app.sum>(client, "GET /sum");
