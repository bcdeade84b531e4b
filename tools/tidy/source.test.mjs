import { expect, test } from "vitest";
import { writeTree } from "./fixture-tree.mjs";
import { codeOnly, shippedCode } from "./rust-source.mjs";
import { tidy } from "./tidy.mjs";

/** @param {Record<string, string>} files */
function places(files) {
  return tidy(writeTree(files)).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

const testModule =
  '#[cfg(test)]\nmod tests {\n    fn run() {\n        std::thread::spawn(|| "}");\n    }\n}\n';

test("blanks comments, strings and characters, and keeps lifetimes and positions", () => {
  const source = `let a = "un\\"safe"; // unsafe\n/* un /* safe */ */ let b: &'static str = r#"un"safe"#; let c = '"'; let d = '\\'';\n`;
  const code = codeOnly(source);
  expect(code).toHaveLength(source.length);
  expect(code).not.toContain("safe");
  expect(code).toContain("let b: &'static str =");
  expect(code.split("\n")).toHaveLength(3);
});

test("leaves test modules out of what ships, whatever their braces", () => {
  const shipped = shippedCode(`fn a() {}\n${testModule}fn b() {}\n`);
  expect(shipped).not.toContain("spawn");
  expect(shipped).toContain("fn b()");
});

test("refuses napi and unsafe outside the bridge, and no mention of them", () => {
  const broken = "use napi::Env;\nfn f() {\n    unsafe { g() }\n}\n";
  expect(places({ "crates/schema/src/lib.rs": broken })).toEqual([
    "crates/schema/src/lib.rs:1 napi-outside-bridge",
    "crates/schema/src/lib.rs:3 unsafe-outside-bridge",
    "crates/schema/src/lib.rs:3 unsafe-without-safety",
  ]);
  const clean =
    '#![forbid(unsafe_code)]\n// napi::Env is unsafe\nfn f() -> &\'static str { "unsafe napi::" }\n';
  expect(places({ "crates/schema/src/lib.rs": clean })).toEqual([]);
});

test("wants a SAFETY line at every unsafe block of the bridge", () => {
  const file = "crates/core-native/src/lib.rs";
  const explained = [
    "fn a() {",
    "    // SAFETY: the pointer",
    "    // outlives the call.",
    "    let x =",
    "        unsafe { b() };",
    "    unsafe { c() } // SAFETY: as above",
    "}",
    "// SAFETY: no interior pointer",
    "#[allow(x)]",
    "unsafe impl Send for A {}",
  ];
  expect(places({ [file]: explained.join("\n") })).toEqual([]);
  const bare = ["fn a() {", "    // SAFETY: of another statement", "    b();", "    unsafe { c() }", "}"];
  expect(places({ [file]: bare.join("\n") })).toEqual([`${file}:4 unsafe-without-safety`]);
});

test("allows a Tokio runtime in crates/runtime only", () => {
  const source =
    "fn f() {\n    tokio::runtime::Builder::new_multi_thread();\n    tokio::runtime::Runtime::new();\n}\n";
  expect(places({ "crates/runtime/src/lib.rs": source })).toEqual([]);
  expect(places({ "crates/core-native/src/lib.rs": source })).toEqual([
    "crates/core-native/src/lib.rs:2 runtime-elsewhere",
    "crates/core-native/src/lib.rs:3 runtime-elsewhere",
  ]);
});

test("refuses threads in the rooms that the table says have none, tests aside", () => {
  const source = "fn f() {\n    std::thread::spawn(|| ());\n}\n";
  expect(places({ "crates/api/src/lib.rs": source })).toEqual(["crates/api/src/lib.rs:2 thread-elsewhere"]);
  expect(
    places({
      "crates/api/src/lib.rs": testModule,
      "crates/api/tests/runs.rs": source,
      "crates/runtime/src/lib.rs": source,
    }),
  ).toEqual([]);
});

/** @param {number} count */
function lines(count) {
  return "// line\n".repeat(count);
}

test("stops files at their size, tests not counted", () => {
  expect(places({ "crates/api/src/big.rs": lines(501), "packages/api/src/big.ts": lines(401) })).toEqual([
    "crates/api/src/big.rs:501 file-size",
    "packages/api/src/big.ts:401 file-size",
  ]);
  const fine = {
    "crates/api/src/big.rs": `${lines(500)}${testModule}`,
    "crates/api/tests/all.rs": lines(900),
    "packages/api/src/big.ts": lines(400),
    "packages/api/src/big.test.ts": lines(900),
  };
  expect(places(fine)).toEqual([]);
});

test("refuses names of drawers, for files and folders", () => {
  const names = ["apps/demo/src/test-helpers.ts", "bench/common/run.mjs", "packages/api/src/types.ts"];
  const files = Object.fromEntries(names.map((name) => [name, ""]));
  expect(places(files)).toEqual(names.map((name) => `${name}:1 file-name`));
});

test("accepts names that only contain such a word", () => {
  const names = [
    "packages/api/src/utility-bill.ts",
    "packages/api/src/commonmark.ts",
    "crates/api/src/mod.rs",
  ];
  expect(places(Object.fromEntries(names.map((name) => [name, ""])))).toEqual([]);
});

test("wants every path that the page names to exist", () => {
  const page =
    "See `packages/api/src/`, `crates/{schema,gone}`, `contract/cases/<room>/`, [all](README.md#x), [out](https://a.b), `tools/gone.mjs`.";
  const files = {
    "ARCHITECTURE.md": page,
    "README.md": "",
    "contract/cases/schema/numbers.json": "{}",
    "packages/api/src/index.ts": "",
  };
  const findings = tidy(writeTree(files));
  expect(findings.map(({ rule, message }) => `${rule} ${message.split(" ")[0]}`)).toEqual([
    "named-path `crates/gone`",
    "named-path `tools/gone.mjs`",
  ]);
});

test("refuses commands by a name that the registry may give to others", () => {
  const page = "Run it:\n\n`npx twinloop build`, or `npx @twinloop/cli build`\n";
  expect(places({ "packages/api/README.md": page, "ARCHITECTURE.md": "`npx tsc --noEmit`\n" })).toEqual([
    "ARCHITECTURE.md:13 npx-name",
    "packages/api/README.md:3 npx-name",
  ]);
  expect(places({ "packages/api/README.md": "`npx -p typescript tsc`, `npx twinloop-other`\n" })).toEqual([]);
});

test("refuses a kind of frame that a language lists and never uses", () => {
  const files = {
    "contract/frames.json": '{ "kinds": { "job": 1, "rows": 2 }, "outgoing": { "reply": 1 } }',
    "crates/mailbox/src/port.rs": `fn f() { send(Kind::Job); read(Outgoing::Reply); }\n${testModule}`,
    "packages/core-native/src/inbox.ts": "on(Kind.Job);\nwrite(Outgoing.Reply);\n",
  };
  expect(places(files)).toEqual(Array(2).fill("contract/frames.json:1 dead-kinds"));
  const used = { ...files, "contract/frames.json": '{ "kinds": { "job": 1 }, "outgoing": { "reply": 1 } }' };
  expect(places(used)).toEqual([]);
});
