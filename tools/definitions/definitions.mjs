import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/command.mjs";
import { typescriptOf } from "./typescript-of.mjs";

/** The files that are generated: types, from schemas of `contract/`, and copies, for packages that depend on nothing. */
const DEFINITIONS = [
  { schema: "contract/manifest.schema.json", file: "packages/core-native/manifest.schema.json" },
  { schema: "contract/declares.schema.json", file: "packages/core-native/declares.schema.json" },
  { schema: "contract/package.schema.json", file: "packages/core-native/package.schema.json" },
  { schema: "contract/manifest.schema.json", file: "packages/schema/src/ir/ir.ts" },
  {
    schema: "packages/schema/src/ir/revival-plan.ts",
    file: "packages/client/src/generate/revival-plan.ts",
  },
  {
    schema: "contract/declares.schema.json",
    file: "packages/compiler/src/declarations/declares-definition.ts",
  },
];

/**
 * Finds the generated type definitions that differ from what their schemas say; with `fix`, writes them.
 *
 * Shape: -> what is wrong, one line for each file; empty when all are as they should be, or were written.
 *
 * @param {boolean} fix
 * @returns {Promise<string>}
 */
export async function checkDefinitions(fix) {
  const wrong = [];
  for (const { schema, file } of DEFINITIONS) {
    const path = join(root, file);
    const text = await definitionText(schema, path);
    if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
    if (fix) writeFileSync(path, text);
    else wrong.push(`${file} is not what ${schema} says: run \`npm run fix\`.`);
  }
  return wrong.join("\n");
}

/** @param {string} schema @param {string} path */
async function definitionText(schema, path) {
  const source = readFileSync(join(root, schema), "utf8");
  if (path.endsWith(".json")) return source;
  if (schema.endsWith(".ts"))
    return `// Copied by tools/definitions from ${schema}: change that file, then run \`npm run fix\`.\n\n${source}`;
  const types = typescriptOf(JSON.parse(source));
  const head = `// Written by tools/definitions from ${schema}: change that file, then run \`npm run fix\`.`;
  // Loaded here, because the commands start in a checkout where no package is installed.
  const { format, resolveConfig } = await import("prettier");
  const options = await resolveConfig(path, { editorconfig: true });
  return format(`${head}\n\n${types}\n`, { ...options, filepath: path });
}
