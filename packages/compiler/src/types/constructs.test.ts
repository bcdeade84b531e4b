import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { accepts } from "../../test/accepts.ts";
import { assemble } from "../project/assemble.ts";
import { Catalogue } from "../imports/catalogue.ts";
import { extractFile } from "../declarations/extract-file.ts";
import type { Manifest, Node } from "@twinloop/core-native/build-time";
import type { Problem } from "../problems/problem.ts";
import type { TypeSource } from "../typescript/type-source.ts";
import { TypeScript6 } from "../typescript/typescript6.ts";
import { TypeScript7 } from "../typescript/typescript7.ts";

interface Case {
  fixture: string;
  expected: { types: Node[]; body: number };
  cases: { input: string; accept: boolean }[];
}

const root = fileURLToPath(new URL("../../test/fixtures", import.meta.url));
const contract = fileURLToPath(new URL("../../../../contract/cases/compiler/", import.meta.url));
const cases = readdirSync(contract)
  .filter((name) => name.endsWith(".json"))
  .map((name) => ({
    name: basename(name, ".json"),
    ...(JSON.parse(readFileSync(contract + name, "utf8")) as Case),
  }));

const sources: TypeSource[] = [
  new TypeScript6({ root, tsconfig: `${root}/tsconfig.json` }),
  new TypeScript7({ root, tsconfig: `${root}/tsconfig.json` }),
];

afterAll(() => sources.forEach((source) => source.close()));

function read(source: TypeSource, name: string): { manifest: Manifest; problems: Problem[] } {
  const file = source.files().find(({ path }) => path === `${root}/${name}.ts`);
  if (file === undefined) throw new Error(`no fixture ${name}`);
  const extracts = new Map([[file.path, extractFile(file, source, new Catalogue(new Map()))]]);
  return assemble({ root, extracts, sources: [], tsconfig: null, entry: null });
}

describe.each(sources.map((source) => [source.compiler, source] as const))("with %s", (_, source) => {
  test.each(cases)("$name gives the expected schema", ({ name, expected }) => {
    const { manifest, problems } = read(source, name);
    expect(problems).toEqual([]);
    expect({ types: manifest.types, body: manifest.endpoints[0]?.request?.body }).toEqual(expected);
  });
});

test("every fixture has a contract case", () => {
  const fixtures = readdirSync(root).filter((name) => name.endsWith(".ts"));
  expect(cases.map(({ name }) => `${name}.ts`).sort()).toEqual(fixtures.sort());
});

describe.each(cases)("the expected schema of $name", ({ expected, cases: pairs }) => {
  test.each(pairs)("says $accept to $input", ({ input, accept }) => {
    expect(accepts(expected.types, expected.body, JSON.parse(input))).toBe(accept);
  });
});
