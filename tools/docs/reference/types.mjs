import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../setup/command.mjs";
import { code, prose, table } from "./table.mjs";

/** Types that requests, answers and messages may have: what TypeScript calls them, and a value as JSON. @type {readonly (readonly [type: string, json: string])[]} */
const SUPPORTED = [
  ["string", '"text"'],
  ["number", "1.5"],
  ["boolean", "true"],
  ["null", "null"],
  ['"draft" | "published"', '"draft"'],
  ["1 | 2 | 3", "2"],
  ["Date", '"2026-11-30T12:00:00Z"'],
  ["bigint", '"9007199254740993"'],
  ["Uint8Array", '"aGVsbG8="'],
  ["string[]", '["a"]'],
  ["[number, string?]", '[1, "a"]'],
  ["{ id: number; note?: string }", '{"id": 1}'],
  ["Record<string, number>", '{"a": 1}'],
  ["string | null", "null"],
  [
    '{ kind: "circle"; radius: number } | { kind: "square"; side: number }',
    '{"kind": "circle", "radius": 1}',
  ],
  ["`user-${number}`", '"user-7"'],
  ["unknown", "anything"],
  ["Tree", '{"leaves": []}'],
  ["Partial<{ a: number }>", "{}"],
  ['Pick<{ a: number; b: string }, "a">', '{"a": 1}'],
  ["Status", '"on"'],
  ["string & MinLen<3> & MaxLen<40>", '"abc"'],
  ['string & MatchesRegexp<"^[a-z]+$">', '"abc"'],
  ["string & IsEmail", '"ada@example.com"'],
  ["string & IsURL", '"https://example.com"'],
  ["number & Int & Min<1> & Max<100>", "7"],
  ["number[] & MinLen<1>", "[1]"],
  ["Sensitive<string>", "not quoted in errors"],
];

/** Types that are refused when the app is built. */
const REFUSED = [
  "Map<string, number>",
  "Set<string>",
  "() => void",
  "symbol",
  "Promise<string>",
  "object",
  "never",
  "Uppercase<string>",
  "RegExp",
];

const IMPORTS = `import type { Int, IsEmail, IsURL, MatchesRegexp, Max, MaxLen, Min, MinLen, Sensitive } from "@twinloop/api";
interface Tree { leaves: Tree[] }
enum Status { On = "on", Off = "off" }`;

/** @param {readonly string[]} types @returns {string} a module that exports them as properties */
function moduleOf(types) {
  return `${IMPORTS}\nexport interface Table {\n${types.map((type, at) => `  t${at}: ${type};`).join("\n")}\n}\n`;
}

/**
 * Has the compiler read the types: what each becomes as JSON Schema, or why it is refused.
 *
 * @returns {Promise<{ supported: { type: string, json: string, schema: string }[], refused: { type: string, why: string }[] }>}
 */
export async function typeTable() {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-types-"));
  try {
    mkdirSync(join(folder, "src"));
    symlinkSync(join(root, "apps/docs/node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), '{ "name": "types", "type": "module" }');
    const compilerOptions = {
      strict: true,
      module: "NodeNext",
      target: "ES2023",
      types: [],
      skipLibCheck: true,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
    writeFileSync(join(folder, "src/supported.ts"), moduleOf(SUPPORTED.map(([type]) => type)));
    const schemas = await schemasOf(folder);
    return {
      supported: SUPPORTED.map(([type, json], at) => ({ type, json, schema: schemas[`t${at}`] ?? "" })),
      refused: await refusals(folder),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} room */
const load = (room) => import(pathToFileURL(join(root, `packages/${room}/dist/index.js`)).href);

/** @param {string} folder @returns {Promise<Record<string, string>>} JSON Schemas by property */
async function schemasOf(folder) {
  const [{ exportedType }, { JsonSchemas }] = await Promise.all([load("compiler"), load("schema")]);
  const { types, problems } = exportedType(folder, { name: "Table", file: "src/supported.ts" });
  if (problems.length > 0) throw new Error(`A type of the table is refused: ${problems[0].message}`);
  const { properties } = new JsonSchemas(types).inline(0);
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, JSON.stringify(schema)]),
  );
}

/** @param {string} folder @returns {Promise<{ type: string, why: string }[]>} */
async function refusals(folder) {
  const { exportedType } = await load("compiler");
  writeFileSync(join(folder, "src/refused.ts"), moduleOf(REFUSED));
  /** @type {{ problems: { message: string, help?: string }[] }} */
  const { problems } = exportedType(folder, { name: "Table", file: "src/refused.ts" });
  return REFUSED.map((type, at) => {
    const place = `\`Table.t${at}\`: `;
    const found = problems.find(({ message }) => message.startsWith(place));
    if (found === undefined) throw new Error(`The compiler takes ${type}, which the table calls refused.`);
    return { type, why: [found.message.slice(place.length), found.help].filter(Boolean).join(": ") };
  });
}

/** Writes the page of types. @returns {Promise<string>} */
export async function typesPage() {
  const { supported, refused } = await typeTable();
  const rows = supported.map(({ type, json, schema }) => [code(type), code(json), code(schema)]);
  return `# Types

What a type of a request, an answer or a message becomes. The compiler has read each of these to make this page; \`npx @twinloop/cli schema <Type>\` prints any type of your app the same way.

## What types become

${table(["TypeScript", "as JSON", "checked as"], rows)}

Interfaces, generics, intersections, mapped and conditional types, recursive types and enums are read by TypeScript's own checker: what counts is the type that results. Properties that a type does not name are dropped, in both directions.

## What is refused

When the app is built, with the place of the type and what to write instead:

${table(
  ["TypeScript", "what the compiler says"],
  refused.map(({ type, why }) => [code(type), prose(why)]),
)}

## Where a field is

\`Query<T>\`, \`Header<"X-Name">\`, \`Cookie<"name">\` in requests; \`Header<"X-Name">\`, \`SetCookie<"name">\`, \`HttpStatus\` in answers; \`Form<T>\`, \`Multipart<T>\`, \`BytesBody\`, \`TextBody\` for bodies that are not JSON: [HTTP endpoints](/guides/api#where-fields-come-from).

## Limits of the reader

All of them are in the README of [\`@twinloop/compiler\`](/packages/compiler#limits).
`;
}
