import { expect, test } from "vitest";
import { pathFault, pathParameters } from "./path.ts";

test("a path binds the names of its segments", () => {
  expect(pathParameters("/a/:id/b/:other/*rest")).toEqual(["id", "other", "rest"]);
  expect(pathParameters("/!fallback")).toEqual(["fallback"]);
  expect(pathParameters("/a:b/c")).toEqual([]);
});

test.each(["/", "/a", "/a/:id", "/a/:id/b", "/files/*path", "/!all", "/a-b/c.d"])(
  "%s can be routed",
  (path) => {
    expect(pathFault(path)).toBeNull();
  },
);

test.each(["", "a", "/a?b", "/a b", "/:", "/:1", "/:a-b", "/*a/b", "/:a/:a"])(
  "%j cannot be routed",
  (path) => {
    expect(pathFault(path)).not.toBeNull();
  },
);
