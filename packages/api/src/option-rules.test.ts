import { expect, test } from "vitest";
import { endpointFaults, staticFaults } from "./option-rules.ts";
import type { Endpoint } from "./registry.ts";

const site = { file: "/app/src/app.js", line: 7, column: 3 };

function faults(options: unknown, handler: unknown = () => null): string[] {
  const endpoint = {
    kind: "typed",
    options,
    handler,
    site,
    name: "shop.a",
    path: "/a",
  } as unknown as Endpoint;
  return endpointFaults(endpoint).map(({ message, hint }) => `${message} | ${hint}`);
}

const at = "the endpoint shop.a at /app/src/app.js:7";

test.each([
  [{ tiemout: 5 }, `${at}: there is no option tiemout | Did you mean timeout?`],
  [{ auth: 1 }, `${at}: auth is 1 | Write true, false, the name of an auth handler, or a list of names.`],
  [{ auth: [] }, `${at}: auth is a list`],
  [{ method: "get" }, `${at}: method is "get" | Write a method in capitals (GET, POST`],
  [{ method: ["GET", "post"] }, `${at}: method is a list`],
  [{ method: [] }, `${at}: method is a list`],
  [{ expose: "yes" }, `${at}: expose is "yes" | Write true or false.`],
  [
    { timeout: "5 sec" },
    `${at}: timeout is "5 sec" | Write milliseconds as a number, or a text such as "500ms", "30s", "10m", "1h30m" or "7d", at least 1 ms, or null.`,
  ],
  [
    { bodyLimit: -1 },
    `${at}: bodyLimit is -1 | Write a whole number of bytes from 0, such as 10485760 for 10 MiB, or null.`,
  ],
  [{ bodyLimit: "1mb" }, `${at}: bodyLimit is "1mb" | Write a whole number of bytes from 0`],
  [{ sensitive: 1 }, `${at}: sensitive is 1`],
  [{ tags: "a" }, `${at}: tags is "a" | Write a list of texts.`],
  [{ path: 5 }, `${at}: path is 5 | Write a text.`],
  [{ request: {} }, `${at}: request is of the kind object | Write a schema`],
  [{ path: "/y/{id}" }, `${at}: the path has \`{id}\`, which is no parameter here | Write \`:id\`.`],
  [{ path: "/v/file.:ext" }, `${at}: the path has a parameter inside`],
  [{ path: "a" }, `${at}: the path must start with`],
  [undefined, `${at} has no options`],
  ["x", `${at}: its options are "x"`],
])("%j is refused with the endpoint and its place", (options, told) => {
  expect(faults(options)).toEqual([expect.stringContaining(told)]);
});

test("an endpoint without a handler is refused", () => {
  expect(faults({ path: "/a" }, null)).toEqual([expect.stringContaining(`${at} has no handler`)]);
});

test("options as the types allow them are taken", () => {
  const all = {
    method: ["GET", "HEAD"],
    path: "/a",
    expose: true,
    bodyLimit: null,
    timeout: 5,
    sensitive: false,
    tags: [],
  };
  expect(faults(all)).toEqual([]);
  expect(faults({ method: "*" })).toEqual([]);
});

test.each([
  [{ path: "/*a", dir: ".", notFuond: "x" }, "there is no option notFuond"],
  [{ path: "/*a", dir: 5 }, "dir is 5"],
  [{ path: "/*a", dir: ".", notFoundStatus: 500 }, "notFoundStatus is 500"],
  [{ path: "/*a", dir: ".", headers: { a: 1 } }, "headers is of the kind object"],
  [{ path: "/*a" }, "static files have no dir"],
])("static files with %j are refused", (options, told) => {
  expect(staticFaults(options as never).map(({ message }) => message)).toEqual([
    expect.stringContaining(told),
  ]);
});
