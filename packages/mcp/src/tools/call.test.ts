import { expect, test } from "vitest";
import { methodIn, requestOf } from "./call.ts";

const base = "http://127.0.0.1:4000";
const field = (name: string, place: "path" | "query" | "header" | "cookie" | "file", wire = name) => {
  return { name, in: place, wire, type: 0, optional: true };
};
const place = (body: number | null, ...fields: ReturnType<typeof field>[]) => ({
  fields,
  body,
  bodyOptional: false,
});

test("fields go where the endpoint takes them from", () => {
  const fields = [
    field("id", "path"),
    field("tags", "query", "tag"),
    field("lang", "header", "accept-language"),
  ];
  const endpoint = {
    path: "/items/:id/*rest",
    methods: ["PUT"],
    request: place(1, ...fields, field("session", "cookie")),
  };
  const input = { id: "a/b", rest: "x y/z", tags: ["1", "2"], lang: "de", session: "a;b", title: "tea" };
  const { url, ...request } = requestOf(endpoint, input, { base });
  expect(url.href).toBe(`${base}/items/a%2Fb/x%20y/z?tag=1&tag=2`);
  expect(request).toEqual({
    method: "PUT",
    headers: { "accept-language": "de", cookie: "session=a%3Bb", "content-type": "application/json" },
    body: '{"title":"tea"}',
  });
});

test("what an endpoint does not know goes to the query of GET, and to the body of others", () => {
  const asked = requestOf({ path: "/x", methods: ["*"], request: null }, { a: 1 }, { base });
  expect([asked.method, asked.url.search, asked.body]).toEqual(["GET", "?a=1", undefined]);
  const sent = requestOf({ path: "/x", methods: ["*"], request: null }, { a: 1 }, { base, method: "post" });
  expect([sent.method, sent.body]).toEqual(["POST", '{"a":1}']);
});

test("a path names no other host, and a method that is named is sent", () => {
  const files = { path: "/*rest", methods: ["GET", "DELETE"], request: place(null, field("rest", "path")) };
  const asked = requestOf(files, { rest: "/example.com/a" }, { base });
  expect([asked.url.host, asked.url.pathname]).toEqual(["127.0.0.1:4000", "//example.com/a"]);
  expect(methodIn("DELETE /*rest", files)).toBe("DELETE");
  expect(methodIn("files.get", files)).toBeUndefined();
  expect(methodIn("GET,DELETE /*rest", files)).toBeUndefined();
});

test("a file cannot be the input of a tool", () => {
  const upload = { path: "/x", methods: ["POST"], request: place(null, field("photo", "file")) };
  expect(() => requestOf(upload, { photo: "x" }, { base })).toThrow("not JSON (photo)");
});
