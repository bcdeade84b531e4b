import { expect, test } from "vitest";
import { linkTo, readRoute } from "./route.ts";

test("an address is read as it was written", () => {
  const link = linkTo("databases", ["shop", 'public.a/b "c"'], { q: "x&y", empty: "" });
  const route = readRoute(link);
  expect([route.page, route.rest, route.query.get("q")]).toEqual([
    "databases",
    ["shop", 'public.a/b "c"'],
    "x&y",
  ]);
  expect(route.query.has("empty")).toBe(false);
});

test("what names no page is the page of requests", () => {
  for (const hash of ["", "#", "#/", "#/nothing/x", "#/toString", "#/%E0%A4%A"]) {
    expect(readRoute(hash)).toMatchObject({ page: "requests", rest: [] });
  }
});
