import { expect, test } from "vitest";
import { pathFault, pathParameters, routeOf } from "./path.ts";

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

test.each([
  ["a", '`"/a"`'],
  ["/y/{id}", "`:id`"],
  ["/y/{rest*}", "`*rest`"],
  ["/y/[id]", "`:id`"],
  ["/y/[...rest]", "`*rest`"],
  ["/y/<int:id>", "`:id`"],
  ["/x/:id(\\d+)", "`:id`"],
  ["/x/:id{[0-9]+}", "`:id`"],
  ["/x/:id?", "`:id`"],
  ["/x/:rest*", "`*rest`"],
  ["/v/file.:ext", "`:ext`"],
  ["/v/:id.json", "`:id`"],
  ["/v/:a-:b", "`:a`"],
  ["/a/*rest/b", "`:rest`"],
  ["/a/!rest/b", "`:rest`"],
  ["/files*", "`*rest`"],
  ["/files/*", "`*rest`"],
  ["/files/**", "`*rest`"],
  ["/a/:", "`:id`"],
  ["/a/!", "`!rest`"],
  ["/:a/b/:a", "another name"],
  ["/a?b=:c", "request type"],
  ["/a b", "`%20`"],
  ["/a/../b", "the path that is meant"],
  ["/a%zz", "`%25`"],
  ["/a//b", '`"/a/b"`'],
  ["//a", '`"/a"`'],
])("%s is refused with what to write instead: %s", (path, hint) => {
  expect(pathFault(path)?.hint).toContain(hint);
});

test.each(["/a:1", "/~user", "/caf\u00e9/:x", "/a%20b", "/Users(1)", "/a/"])(
  "%s is a path as it stands",
  (path) => {
    expect(pathFault(path)).toBeNull();
  },
);

test.each([
  ["/caf%C3%A9", "/café"],
  ["/caf%c3%a9/:id", "/caf%C3%A9/:id"],
  ["/%7Euser", "/~user"],
  ["/it%65ms/*rest", "/items/*rest"],
  ["/a%2fb", "/a%2Fb"],
  ["/:id/*rest", "/:name/*others"],
  ["/a%3Ab%2bc", "/a:b+c"],
  ["/a%20b", "/a b"],
  ["/%f0%9f%98%80", "/😀"],
])("%s and %s are one path", (one, other) => {
  expect(routeOf(one)).toBe(routeOf(other));
});

test.each([
  ["/a%2Fb", "/a/b"],
  ["/a%252f", "/a%2f"],
  ["/%3Aid", "/:id"],
  ["/A", "/a"],
  ["/*all", "/!all"],
  ["/a/", "/a"],
])("%s and %s are two paths", (one, other) => {
  expect(routeOf(one)).not.toBe(routeOf(other));
});
