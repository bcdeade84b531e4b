import { Ajv2020 } from "ajv/dist/2020.js";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const PACKAGES = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): any => JSON.parse(readFileSync(path, "utf8"));
const schemaOf = (name: string): any =>
  read(createRequire(import.meta.url).resolve(`@twinloop/core-native/${name}.schema.json`));

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const isPackage = ajv.compile(schemaOf("package"));
const isDeclares = ajv.compile(schemaOf("declares"));

const bringing = readdirSync(PACKAGES)
  .filter((room) => existsSync(`${PACKAGES}/${room}/package.json`))
  .map((room) => ({ room, manifest: read(`${PACKAGES}/${room}/package.json`) }))
  .filter(({ manifest }) => manifest.twinloop !== undefined);

test.each(bringing)("what $room says of itself fits the published schemas", ({ room, manifest }) => {
  isPackage(manifest);
  expect(isPackage.errors).toBeNull();
  const { declares } = manifest.twinloop as { declares?: string };
  if (declares === undefined) return;
  isDeclares(read(`${PACKAGES}/${room}/${declares}`));
  expect(isDeclares.errors).toBeNull();
});

test.each([
  ["an unknown name", { declare: "./declares.json" }, "/twinloop", "additionalProperties"],
  ["a file that is no JSON", { declares: "./declares.ts" }, "/twinloop/declares", "pattern"],
  ["commands without what brings them", { commands: ["topics"] }, "/twinloop", "dependentRequired"],
  ["a command of two words", { cli: "./cli", commands: ["two words"] }, "/twinloop/commands/0", "pattern"],
])("the schema of package.json refuses %s, and says where", (_what, twinloop, instancePath, keyword) => {
  expect(isPackage({ name: "x", twinloop })).toBe(false);
  expect(isPackage.errors).toMatchObject([{ instancePath, keyword }]);
});

test("every schema has the id by which editors know it", () => {
  for (const name of ["package", "declares", "manifest"]) {
    expect(schemaOf(name).$id).toBe(`https://twinloop.dev/${name}.schema.json`);
  }
});
