import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root, runCommand } from "../setup/command.mjs";
import { listAddonCrates, readChecksums } from "./addon-crates.mjs";
import { formatNotices } from "./notices.mjs";
import { inOrder, readPackedFiles } from "./packed-files.mjs";
import { PLATFORMS } from "./platforms.mjs";
import { main as publish } from "./publish-packed.mjs";
import { collectChanges } from "./release-notes.mjs";
import { formatSbom, purlOf } from "./sbom.mjs";

function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-release-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** @param {string} folder @param {Record<string, unknown>} manifest */
async function packInto(folder, manifest) {
  const source = temporaryFolder();
  writeFileSync(join(source, "package.json"), JSON.stringify(manifest));
  const { code, stderr } = await runCommand("npm", ["pack", "--pack-destination", folder], { cwd: source });
  expect(code, stderr).toBe(0);
}

test("every crate in the addon has a licence, a text of it and a checksum, and none that only builds it is there", async () => {
  const { target } = PLATFORMS.find(({ os, cpu }) => os === process.platform && cpu === process.arch) ?? {};
  const crates = await listAddonCrates(target ?? "x86_64-unknown-linux-gnu");
  const names = crates.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["hyper", "napi", "ring", "std", "tokio"]));
  expect(names).not.toContain("syn");
  expect(names).not.toContain("proptest");
  for (const { name, licence, texts, checksum } of crates) {
    expect(licence, name).not.toBe("");
    expect(texts.join("").length, name).toBeGreaterThan(200);
    expect(checksum ?? name, name).toMatch(/^([0-9a-f]{64}|std)$/);
  }
  const notices = formatNotices("the addon", crates);
  for (const { name, version } of crates) expect(notices).toContain(`| ${name} | ${version} |`);
  // Sources in C have a licence of their own in the crate.
  expect(notices).toContain("For Zstandard software");
}, 60_000);

test("a licence text that several parts have stands once, with all their names", () => {
  /** @param {string} name @returns {import("./addon-crates.mjs").Part} */
  const part = (name) => ({ kind: "npm", name, version: "1.0.0", licence: "MIT", texts: ["The   text."] });
  const notices = formatNotices("a package", [part("one"), { ...part("two"), texts: ["The text."] }]);
  expect(notices.match(/The\s+text\./g)).toHaveLength(1);
  expect(notices).toContain("## one 1.0.0, two 1.0.0");
});

test("checksums are read from the lock file by name and version", () => {
  const lock =
    '[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "registry+x"\nchecksum = "00ff"\n\n[[package]]\nname = "own"\nversion = "0.1.0"\n';
  expect(readChecksums(lock)).toEqual(new Map([["a 1.0.0", "00ff"]]));
});

test("a bill of materials has each component once, names only known ones, and is the same for the same contents", () => {
  const component = (/** @type {string} */ name, /** @type {string[]} */ needs) => ({
    purl: purlOf("npm", name, "1.0.0"),
    name,
    version: "1.0.0",
    licence: "MIT OR Apache-2.0",
    needs,
  });
  const one = component("@scope/one", [purlOf("npm", "two", "1.0.0"), "pkg:npm/unknown@1.0.0"]);
  const bill = formatSbom(component("all", [one.purl]), [component("two", []), one, one]);
  expect(formatSbom(component("all", [one.purl]), [one, component("two", [])])).toBe(bill);
  const { components, dependencies, serialNumber } = JSON.parse(bill);
  expect(components.map((/** @type {{ purl: string }} */ { purl }) => purl)).toEqual([
    "pkg:npm/%40scope/one@1.0.0",
    "pkg:npm/two@1.0.0",
  ]);
  expect(dependencies[1]).toEqual({ ref: "pkg:npm/%40scope/one@1.0.0", dependsOn: ["pkg:npm/two@1.0.0"] });
  expect(serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("packed files are read without npm, each behind those it depends on", async () => {
  const folder = temporaryFolder();
  await packInto(folder, { name: "a", version: "1.0.0", dependencies: { b: "1.0.0" } });
  await packInto(folder, { name: "b", version: "1.0.0" });
  const files = readPackedFiles(folder);
  expect(files.map(({ manifest }) => manifest["name"])).toEqual(["b", "a"]);
  expect(files[0]?.integrity).toMatch(/^sha512-/);
  await packInto(folder, { name: "c", version: "2.0.0" });
  expect(() => readPackedFiles(folder)).toThrow("1.0.0 and 2.0.0");
  expect(() => readPackedFiles(temporaryFolder())).toThrow("npm run pack");
});

test("packages in a circle are refused", () => {
  const needing = (/** @type {string} */ name, /** @type {string} */ need) => ({
    manifest: { name, dependencies: { [need]: "1.0.0" } },
  });
  expect(() => inOrder([needing("a", "b"), needing("b", "a")])).toThrow("circle");
});

test("nothing is published while an addon is missing", async () => {
  const folder = temporaryFolder();
  await packInto(folder, { name: "@twinloop/core-native-linux-x64-gnu", version: "1.0.0" });
  await expect(publish([folder, "--dry-run"])).rejects.toThrow(
    "missing: @twinloop/core-native-linux-x64-musl",
  );
});

test("the notes bring all changelogs together, each entry once", () => {
  const changelog = (/** @type {string} */ entries) =>
    `# x\n\n## 2.0.0\n\n### Minor Changes\n\n${entries}\n### Patch Changes\n\n- Updated dependencies [abc1234]\n\n## 1.0.0\n\n### Minor Changes\n\n- old\n`;
  const changes = collectChanges(
    [
      changelog("- 1a2b3c4: First.\n\n  More of it.\n- 5d6e7f8: Second.\n"),
      changelog("- 1a2b3c4: First.\n\n  More of it.\n"),
    ],
    "2.0.0",
  );
  expect(changes).toBe("## Minor Changes\n\n- First.\n\n  More of it.\n- Second.");
  expect(collectChanges([], "2.0.0")).toContain("No change");
});

test("changesets name packages that there are", () => {
  const names = readdirSync(join(root, "packages")).map(
    (room) => JSON.parse(readFileSync(join(root, "packages", room, "package.json"), "utf8")).name,
  );
  const folder = join(root, ".changeset");
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md")) {
    const [, front = ""] = readFileSync(join(folder, file), "utf8").split(/^---$/m);
    const named = [...front.matchAll(/^"([^"]+)": (?:major|minor|patch)$/gm)].map(([, name]) => name);
    expect(named.length, file).toBeGreaterThan(0);
    for (const name of named) expect(names, file).toContain(name);
  }
});

test("changesets raise all packages together, and before 1.0 by no major step", async () => {
  const folder = temporaryFolder();
  const rooms = readdirSync(join(root, "packages"));
  const files = [
    "package.json",
    "pnpm-workspace.yaml",
    "pnpm-lock.yaml",
    ...rooms.map((room) => `packages/${room}/package.json`),
  ];
  for (const file of files) cpSync(join(root, file), join(folder, file));
  cpSync(join(root, ".changeset"), join(folder, ".changeset"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, ".changeset/one.md"), '---\n"@twinloop/sqldb": minor\n---\n\nA change.\n');
  const author = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
  const program = join(root, "node_modules/@changesets/cli/bin.js");
  for (const [command, ...args] of [
    ["git", "init", "--quiet", "--initial-branch=main"],
    ["git", "add", ".changeset", "packages", "package.json"],
    ["git", ...author, "commit", "--quiet", "--message", "all"],
    [process.execPath, program, "version"],
  ]) {
    const { code, stdout, stderr } = await runCommand(command ?? "", args, { cwd: folder });
    expect(code, `${stdout}${stderr}`).toBe(0);
  }
  const versions = rooms.map(
    (room) => JSON.parse(readFileSync(join(folder, `packages/${room}/package.json`), "utf8")).version,
  );
  const [major, minor] = JSON.parse(
    readFileSync(join(root, "packages/api/package.json"), "utf8"),
  ).version.split(".");
  expect(new Set(versions)).toEqual(new Set([`${major}.${Number(minor) + 1}.0`]));
}, 60_000);
