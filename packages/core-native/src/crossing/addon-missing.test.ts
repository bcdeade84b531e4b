import { expect, test } from "vitest";
import { PLATFORMS } from "../../../../tools/release/platforms.mjs";
import { describeMissingAddon } from "./addon-missing.ts";
import { PUBLISHED_TRIPLES, platformTriples } from "./platform.ts";

const describe = (triple: string, reason: string, glibc?: string): string => {
  const failures = [{ candidate: `@twinloop/core-native-${triple}`, reason }];
  return describeMissingAddon({ failures, triple, version: "1.2.3", glibc });
};

test("a package that is not installed is named with its version and the commands that bring it", () => {
  const message = describe("linux-x64-musl", "Cannot find module '@twinloop/core-native-linux-x64-musl'");
  expect(message).toContain("has no addon for linux-x64-musl");
  expect(message).toContain("npm install @twinloop/core-native-linux-x64-musl@1.2.3");
  expect(message).toContain("--omit=optional");
});

test("an older glibc is told beside the one that is needed", () => {
  const reason = "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.28' not found (required by a.node)";
  const message = describe("linux-x64-gnu", reason, "2.17");
  expect(message).toContain("needs glibc 2.28, and this system has 2.17");
});

test("a machine for which nothing is published is told those that there are", () => {
  const message = describe("freebsd-x64", "Cannot find module 'x'");
  expect(message).toContain("for freebsd-x64");
  for (const triple of PUBLISHED_TRIPLES) expect(message).toContain(triple);
});

test("an addon that is there and does not load is told with the loader's reason", () => {
  const message = describe("darwin-arm64", "dlopen: wrong architecture");
  expect(message).toContain("Reinstall @twinloop/core-native-darwin-arm64@1.2.3");
  expect(message).toContain("dlopen: wrong architecture");
});

test("the triples are those whose packages are published", () => {
  expect(PUBLISHED_TRIPLES).toEqual(PLATFORMS.map(({ triple }) => triple));
});

test("a triple names platform, processor and C library, the other C library of Linux behind it", () => {
  expect(platformTriples("linux", "x64", false)).toEqual(["linux-x64-gnu", "linux-x64-musl"]);
  expect(platformTriples("linux", "arm64", true)).toEqual(["linux-arm64-musl", "linux-arm64-gnu"]);
  expect(platformTriples("win32", "arm64", false)).toEqual(["win32-arm64-msvc"]);
  expect(platformTriples("darwin", "arm64", false)).toEqual(["darwin-arm64"]);
});
