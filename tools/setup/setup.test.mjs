import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { findLibrary, platformName } from "./addon.mjs";
import { root, runCommand } from "./command.mjs";
import { fingerprint, listFiles, stampOf } from "./fingerprint.mjs";
import { compareVersions, isInRange, supportedNodeVersions } from "./node-version.mjs";
import { minimumRustVersion, tooOld } from "./toolchain.mjs";

/** @returns {string} an empty folder */
function temporaryFolder() {
  return mkdtempSync(join(tmpdir(), "setup-"));
}

test("compares versions as numbers, not as text", () => {
  expect(compareVersions("20.19.0", "20.19")).toBe(0);
  expect(compareVersions("20.9.0", "20.19")).toBeLessThan(0);
  expect(compareVersions("100.0", "20.19")).toBeGreaterThan(0);
});

test.each(["20.19.0", "20.20.2", "22.12.0", "23.1.0", "26.0.0"])("runs on Node %s", (version) => {
  expect(isInRange(version, supportedNodeVersions())).toBe(true);
});

test.each(["18.20.0", "20.18.3", "21.7.3", "22.0.0", "22.11.0"])("does not run on Node %s", (version) => {
  expect(isInRange(version, supportedNodeVersions())).toBe(false);
});

test("takes the lowest version of Rust from the manifest", () => {
  expect(minimumRustVersion()).toMatch(/^\d+\.\d+/);
});

test("names the Rust that is too old and the command that fixes it", () => {
  expect(tooOld("rustc 1.70.0 (90c541806 2023-05-31)", "1.88")).toEqual([
    "Twinloop needs Rust 1.88 or newer and this is Rust 1.70.0: run `rustup update stable`.",
  ]);
  expect(tooOld("rustc 1.88.0 (abc)", "1.88")).toEqual([]);
});

test("names the addon after platform, processor and libc", () => {
  expect(platformName("linux", "x64", () => false)).toBe("linux-x64-gnu");
  expect(platformName("linux", "arm64", () => true)).toBe("linux-arm64-musl");
  expect(platformName("darwin", "arm64")).toBe("darwin-arm64");
  expect(platformName("win32", "x64")).toBe("win32-x64-msvc");
});

test("finds the shared library among cargo's messages", () => {
  const message = (/** @type {string} */ name, /** @type {string[]} */ filenames) =>
    JSON.stringify({ reason: "compiler-artifact", target: { name }, filenames });
  const messages = [
    message("bytes", ["/t/libbytes.rlib"]),
    message("twinloop_core_native", ["/t/libx.so"]),
  ].join("\n");
  expect(findLibrary(messages)).toBe("/t/libx.so");
  expect(() => findLibrary(message("bytes", ["/t/libbytes.so"]))).toThrow("cdylib");
});

test("takes a change of content or name for a change, and a change of time for none", () => {
  const folder = temporaryFolder();
  const file = join(folder, "a.rs");
  const now = () => fingerprint(listFiles(folder), folder);
  writeFileSync(file, "one");
  const first = now();
  utimesSync(file, 1, 1);
  expect(now()).toBe(first);
  writeFileSync(file, "two");
  expect(now()).not.toBe(first);
  writeFileSync(file, "one");
  writeFileSync(join(folder, "b.rs"), "");
  expect(now()).not.toBe(first);
  rmSync(join(folder, "b.rs"));
  expect(now()).toBe(first);
});

test("takes no build output for an input", () => {
  const folder = temporaryFolder();
  for (const output of ["dist", "node_modules", ".turbo", "target"]) {
    mkdirSync(join(folder, output));
    writeFileSync(join(folder, output, "file"), "");
  }
  expect(listFiles(folder)).toEqual([]);
});

test("remembers the last value of a step, and nothing before there was one", () => {
  const folder = join(temporaryFolder(), "cache");
  expect(stampOf("addon", folder).matches("a")).toBe(false);
  stampOf("addon", folder).write("a");
  expect(stampOf("addon", folder).matches("a")).toBe(true);
  expect(stampOf("addon", folder).matches("b")).toBe(false);
});

test("reports a program that does not exist as code 127", async () => {
  expect(await runCommand("no-such-program-at-all", [])).toMatchObject({ code: 127 });
});

test("keeps what a program wrote and how it ended", async () => {
  const script = "console.log('out'); console.error('err'); process.exit(3)";
  expect(await runCommand(process.execPath, ["-e", script])).toMatchObject({
    code: 3,
    stdout: "out\n",
    stderr: "err\n",
  });
});

const COMMANDS = [
  "tools/setup/start-demo.mjs",
  "tools/setup/prepare.mjs",
  "tools/suites/run-suites.mjs",
  "tools/checks/run-checks.mjs",
  "tools/release/pack.mjs",
  "bench/harness/bench.mjs",
];

test("every command loads in a checkout where no package is installed", async () => {
  const bare = temporaryFolder();
  try {
    for (const folder of ["tools", "bench"]) {
      cpSync(join(root, folder), join(bare, folder), {
        recursive: true,
        filter: (path) => !path.includes("node_modules"),
      });
    }
    cpSync(join(root, "package.json"), join(bare, "package.json"));
    for (const command of COMMANDS) {
      const load = `await import(${JSON.stringify(pathToFileURL(join(bare, command)).href)})`;
      const { code, stderr } = await runCommand(process.execPath, ["--input-type=module", "-e", load]);
      expect(stderr, command).toBe("");
      expect(code, command).toBe(0);
    }
  } finally {
    rmSync(bare, { recursive: true, force: true });
  }
});
