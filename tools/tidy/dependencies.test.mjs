import { expect, test } from "vitest";
import { crate, npmPackage, writeTree } from "./fixture-tree.mjs";
import { tidy } from "./tidy.mjs";

/** @param {Record<string, string>} files */
function places(files) {
  return tidy(writeTree(files)).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

const neighbours = {
  "crates/runtime/Cargo.toml": crate("runtime"),
  "crates/schema/Cargo.toml": crate("schema"),
  "crates/cron/Cargo.toml": crate("cron"),
  "packages/core-native/package.json": npmPackage("@twinloop/core-native"),
  "packages/compiler/package.json": npmPackage("@twinloop/compiler"),
};

test("accepts the edges that the table allows", () => {
  expect(
    places({
      ...neighbours,
      "crates/api/Cargo.toml": crate(
        "api",
        'bytes = "1"\ntwinloop-runtime.workspace = true\ntwinloop-schema = { path = "../schema" }',
      ),
      "crates/core-native/Cargo.toml": crate("core-native", 'napi = "3"\ntwinloop-api.workspace = true'),
      "packages/api/package.json": npmPackage("@twinloop/api", {
        peerDependencies: { "@twinloop/core-native": "1" },
        devDependencies: { "@twinloop/compiler": "1", typescript: "7" },
      }),
      "packages/core-native/package.json": npmPackage("@twinloop/core-native", {
        optionalDependencies: { "@twinloop/core-native-linux-x64-gnu": "1" },
      }),
    }),
  ).toEqual([]);
});

test("refuses a crate that depends on its sibling, also for its tests", () => {
  const api = crate(
    "api",
    'bytes = "1"\ntwinloop-cron.workspace = true\n\n[dev-dependencies]\ntwinloop-cron = { workspace = true }',
  );
  expect(places({ ...neighbours, "crates/api/Cargo.toml": api })).toEqual([
    "crates/api/Cargo.toml:6 dependency-edge",
    "crates/api/Cargo.toml:9 dependency-edge",
  ]);
});

test("sees a dependency that is renamed or has a section of its own", () => {
  const renamed = crate("schema", 'loop = { package = "twinloop-runtime", path = "../runtime" }');
  const section = `${crate("runtime")}\n[target.'cfg(unix)'.dependencies.twinloop-cron]\npath = "../cron"\n`;
  const files = { ...neighbours, "crates/schema/Cargo.toml": renamed, "crates/runtime/Cargo.toml": section };
  expect(places(files)).toEqual([
    "crates/runtime/Cargo.toml:6 dependency-edge",
    "crates/schema/Cargo.toml:5 dependency-edge",
  ]);
});

test("refuses napi in any crate but the bridge", () => {
  const files = { ...neighbours, "crates/schema/Cargo.toml": crate("schema", 'napi-derive = "3"') };
  expect(places(files)).toEqual(["crates/schema/Cargo.toml:5 dependency-edge"]);
});

test("refuses a package that depends on TypeScript or on the compiler at run time", () => {
  const api = npmPackage("@twinloop/api", { dependencies: { "@twinloop/compiler": "1", typescript: "7" } });
  expect(places({ ...neighbours, "packages/api/package.json": api })).toEqual([
    "packages/api/package.json:4 dependency-edge",
    "packages/api/package.json:5 dependency-edge",
  ]);
});

test("refuses an app that imports the compiler when it runs, and lets it build with it", () => {
  const running = npmPackage("demo", { dependencies: { "@twinloop/compiler": "1" } });
  const building = npmPackage("demo", { devDependencies: { "@twinloop/compiler": "1" } });
  expect(places({ ...neighbours, "apps/demo/package.json": running })).toEqual([
    "apps/demo/package.json:4 dependency-edge",
  ]);
  expect(places({ ...neighbours, "examples/chat/package.json": running })).toEqual([
    "examples/chat/package.json:4 dependency-edge",
  ]);
  expect(places({ ...neighbours, "apps/demo/package.json": building })).toEqual([]);
});

test("wants a row in the table for every room", () => {
  expect(places({ "crates/pubsub/Cargo.toml": crate("pubsub") })).toEqual([
    "crates/pubsub/Cargo.toml:1 dependency-edge",
  ]);
});

test("says so when the page has no room table", () => {
  const root = writeTree({});
  expect(tidy(`${root}/nowhere`)).toMatchObject([{ file: "ARCHITECTURE.md", rule: "room-table" }]);
});

test("finds an install script at any depth of a published package's dependencies", () => {
  const api = npmPackage("@twinloop/api", { dependencies: { outer: "1" } });
  const files = {
    ...neighbours,
    "packages/api/package.json": api,
    "node_modules/outer/package.json": npmPackage("outer", { dependencies: { inner: "1" } }),
    "node_modules/inner/package.json": npmPackage("inner", { scripts: { postinstall: "node x.js" } }),
  };
  const findings = tidy(writeTree(files));
  expect(findings).toMatchObject([{ file: "packages/api/package.json", line: 4, rule: "install-script" }]);
  expect(findings[0]?.message).toContain("`inner`, which comes with `outer`");
});

test("leaves private packages and development dependencies their install scripts", () => {
  expect(
    places({
      ...neighbours,
      "packages/api/package.json": npmPackage("@twinloop/api", {
        devDependencies: { noisy: "1" },
        dependencies: { quiet: "1" },
      }),
      "apps/demo/package.json": npmPackage("demo", { private: true, dependencies: { noisy: "1" } }),
      "node_modules/noisy/package.json": npmPackage("noisy", { scripts: { install: "x" } }),
      "node_modules/quiet/package.json": npmPackage("quiet", { scripts: { prepare: "x" } }),
    }),
  ).toEqual([]);
});
