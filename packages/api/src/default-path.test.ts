import { expect, test } from "vitest";
import type { EndpointModel } from "@twinloop/core-native/internal";
import { nameByPlace } from "./default-path.ts";
import type { Endpoint } from "./registry.ts";

const ROOT = "/app";

function model(file: string, line: number, name: string, path?: string): EndpointModel {
  const known = {
    service: "shop",
    export: name,
    request: null,
    response: null,
    kind: "typed",
  } as const;
  return {
    ...known,
    methods: ["GET"],
    file,
    line,
    path: path ?? `/shop.${name}`,
    pathGiven: path !== undefined,
  };
}

function endpoint(file: string, line: number, path?: string): Endpoint {
  const options = { method: "GET", ...(path === undefined ? {} : { path }) } as const;
  const site = { file, line, column: 1 };
  return { kind: "typed", options, handler: () => undefined, site, name: undefined, path };
}

function paths(endpoints: readonly Endpoint[], models: readonly EndpointModel[]): unknown[] {
  nameByPlace(endpoints, models, ROOT);
  return endpoints.map(({ path }) => path);
}

test("the endpoints of a source that runs itself are told by their order, whatever their lines", () => {
  const models = [model("src/a.ts", 3, "one"), model("src/a.ts", 9, "two")];
  expect(paths([endpoint("/app/src/a.ts", 9), endpoint("/app/src/a.ts", 30)], models)).toEqual([
    "/shop.one",
    "/shop.two",
  ]);
});

test("of a source that has run in part the lines tell, where all of them fit", () => {
  const models = [model("src/a.ts", 3, "one"), model("src/a.ts", 9, "two")];
  expect(paths([endpoint("/app/src/a.ts", 9)], models)).toEqual(["/shop.two"]);
  expect(paths([endpoint("/app/src/a.ts", 8)], models)).toEqual([undefined]);
});

test("modules of one name are told by their folders, and by what they declare", () => {
  const models = [model("src/users/api.ts", 1, "user"), model("src/items/api.ts", 1, "item")];
  const compiled = [endpoint("/app/dist/items/api.js", 1), endpoint("/app/dist/users/api.js", 1)];
  expect(paths(compiled, models)).toEqual(["/shop.item", "/shop.user"]);
});

test("no source is given twice, and none to a file that the compiler has not read", () => {
  const models = [model("src/app.ts", 1, "app")];
  const others = ["/lib/src/api.ts", "/app/node_modules/lib/dist/app.js", "/elsewhere/api.js"];
  for (const other of others) {
    const endpoints = [endpoint("/app/dist/app.js", 5), endpoint(other, 5)];
    expect(paths(endpoints, models)).toEqual(["/shop.app", undefined]);
    expect(paths([endpoint(other, 5), endpoint("/app/dist/app.js", 5)], models)).toEqual([
      undefined,
      "/shop.app",
    ]);
  }
  for (const other of [...others, "/lib/dist/app.js"]) {
    expect(paths([endpoint(other, 1)], models)).toEqual([undefined]);
  }
});

test("a bundle is taken apart where that can be done in one way only", () => {
  const models = [
    model("src/a.ts", 1, "a"),
    model("src/b.ts", 1, "b"),
    model("src/b.ts", 2, "given", "/given"),
  ];
  const bundle = (...given: (string | undefined)[]): Endpoint[] =>
    given.map((path, at) => endpoint("/app/out/x.js", at, path));
  expect(paths(bundle(undefined, "/given", undefined), models)).toEqual(["/shop.b", "/given", "/shop.a"]);
  const alike = [model("src/a.ts", 1, "a"), model("src/b.ts", 1, "b")];
  expect(paths(bundle(undefined, undefined), alike)).toEqual([undefined, undefined]);
});
