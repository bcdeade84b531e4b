import { expect, test } from "vitest";
import type { Manifest } from "@twinloop/schema";
import { serviceOfDeclaration, serviceOfFile, unloadedServices } from "./service.ts";

const service = (name: string, file: string, options: Record<string, true> = {}): object => ({
  ...{ what: "Service", package: "@twinloop/api", noun: "service", name, file, line: 1 },
  ...{ types: {}, options, provides: "service" },
});
const manifest = {
  declarations: [
    service("app", "encore.service.ts"),
    service("users", "src/users/users.service.ts", { middlewares: true }),
    service("inner", "src/users/inner/inner.service.ts"),
    { what: "Subscription", name: "count", within: "clicks", file: "src/users/a.ts", options: {} },
    { what: "Subscription", name: "count", within: "other", file: "src/b.ts", options: {} },
  ],
} as unknown as Manifest;

test.each([
  ["src/users/a.ts", "users"],
  ["src/users/inner/deep/a.ts", "inner"],
  ["src/usersother/a.ts", "app"],
  ["a.ts", "app"],
])("the service of %s is the nearest above it: %s", (file, expected) => {
  expect(serviceOfFile(file, manifest)).toBe(expected);
});

test("a file without a manifest belongs to no service", () => {
  expect(serviceOfFile("a.ts", undefined)).toBe(undefined);
});

test("a declaration belongs to the service of its file, and is told from one of the same name", () => {
  const loaded = { root: "/", manifest, stale: [], problems: [] };
  const of = (within: string): string | undefined =>
    serviceOfDeclaration({ what: "Subscription", name: "count", within }, loaded);
  expect([of("clicks"), of("other"), of("none")]).toEqual(["users", "app", undefined]);
});

test("a declaration is looked for once, however often its service is read", () => {
  let scans = 0;
  const declarations = manifest.declarations;
  const counted = Object.defineProperty({}, "declarations", {
    get: () => (scans++, declarations),
  }) as Manifest;
  const loaded = { root: "/", manifest: counted, stale: [], problems: [] };
  const read = (name: string): string | undefined =>
    serviceOfDeclaration({ what: "Subscription", name, within: "clicks" }, loaded);
  expect([read("count"), read("none")]).toEqual(["users", undefined]);
  const before = scans;
  expect([read("count"), read("none")]).toEqual(["users", undefined]);
  expect(scans).toBe(before);
});

test("only services with options need to be loaded", () => {
  const loaded = { root: "/", manifest, stale: [], problems: [] };
  expect(unloadedServices(loaded).map(({ message }) => message)).toEqual([
    "the service users (src/users/users.service.ts:1) is not loaded, so its middlewares would have no effect",
  ]);
});
