import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { addonPath } from "../setup/addon.mjs";
import { runCommand } from "../setup/command.mjs";
import { readElfNeeds } from "./elf.mjs";
import { judgeAddon } from "./published-addon.mjs";

const GOOD = {
  machine: "x64",
  libraries: ["libc.so.6", "libm.so.6"],
  versions: ["GCC_3.0", "GLIBC_2.2.5", "GLIBC_2.28"],
  sections: [".text", ".dynsym"],
};
const GLIBC = /** @type {const} */ ({ cpu: "x64", libc: "glibc" });

test("an addon for the oldest glibc is taken", () => {
  expect(judgeAddon(GOOD, GLIBC)).toEqual([]);
});

test.each([
  ["a newer glibc", { versions: ["GLIBC_2.29", "GLIBC_2.4"] }, "GLIBC_2.29"],
  ["a much newer glibc", { versions: ["GLIBC_2.100"] }, "GLIBC_2.100"],
  ["another processor", { machine: "arm64" }, "arm64"],
  ["a library that not every system has", { libraries: ["libssl.so.3"] }, "libssl.so.3"],
  ["symbols", { sections: [".symtab"] }, ".symtab"],
  ["debug information", { sections: [".debug_info"] }, ".debug_info"],
])("an addon with %s is refused", (_what, change, named) => {
  const problems = judgeAddon({ ...GOOD, ...change }, GLIBC);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(named);
});

test("an addon for musl needs nothing of glibc", () => {
  const musl = { ...GOOD, libraries: ["libc.so"], versions: [] };
  expect(judgeAddon(musl, { cpu: "x64", libc: "musl" })).toEqual([]);
  expect(judgeAddon(GOOD, { cpu: "x64", libc: "musl" }).join("\n")).toMatch(/libc\.so\.6.*GLIBC_2\.28/s);
});

test("what is no ELF file is refused as such", () => {
  expect(() => readElfNeeds(Buffer.from("MZ, and no more"))).toThrow(TypeError);
});

test("the needs of a real program and of the addon are those that readelf tells", async ({ skip }) => {
  const tried = await runCommand("readelf", ["--version"]);
  if (process.platform !== "linux" || tried.code !== 0) return skip("readelf is not installed");
  for (const file of [process.execPath, addonPath()].filter((path) => existsSync(path))) {
    const { libraries, versions, sections } = readElfNeeds(readFileSync(file));
    const { stdout } = await runCommand("readelf", [
      "--wide",
      "--dynamic",
      "--version-info",
      "--sections",
      file,
    ]);
    const told = (/** @type {RegExp} */ pattern) => [...stdout.matchAll(pattern)].map(([, found]) => found);
    expect(libraries).toEqual(told(/\(NEEDED\).*\[([^\]]+)\]/g));
    expect(versions).toEqual(told(/Name: ([A-Z]+_[\d.]+) {2}Flags/g).toSorted());
    expect(sections.filter((name) => name !== "")).toEqual(told(/^ {2}\[ *\d+\] (\S+)/gm));
  }
});
