import { expect, test } from "vitest";
import { UNKNOWN_ENDPOINT } from "./endpoint-meta.ts";
import { pathParamsOf } from "./path-params.ts";

const paramsOf = (path: string, sent: string): object =>
  pathParamsOf({ ...UNKNOWN_ENDPOINT, path }, undefined, sent);

test.each([
  ["/files/:name", "/files/a%20b", { name: "a b" }],
  ["/files/:name/*rest", "/files/a/b/c%2Fd", { name: "a", rest: "b/c/d" }],
  ["/!path", "/about/contact", { path: "about/contact" }],
  ["/!path", "/", {}],
  ["/public/*path", "/public/", {}],
  ["/files/:name", "/files/%E0%A4%A", { name: "%E0%A4%A" }],
])("the parameters of %s in %s are %o", (path, sent, params) => {
  expect(paramsOf(path, sent)).toEqual(params);
});
