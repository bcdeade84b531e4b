// Writes an app of many endpoints, and says how long a cold read and an edit take: node test/large-app.mjs [endpoints]
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const started = performance.now();
const { Project } = await import("../dist/index.js");

const count = Number(process.argv[2] ?? 300);
const perFile = 10;
const stubs = fileURLToPath(new URL("stubs", import.meta.url));
const types = fileURLToPath(new URL("../../../node_modules/@types", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "twinloop-large-"));

writeApp();
try {
  const project = new Project(root, {});
  const cold = project.update();
  console.log(
    `${cold.manifest.endpoints.length} endpoints, ${cold.manifest.types.length} types, ${cold.problems.length} problems`,
  );
  console.log(`cold, with the load of the compiler: ${Math.round(performance.now() - started)} ms`);
  for (const [what, file] of [
    ["an edit of one file", "src/links0.ts"],
    ["an edit of the file that all import", "src/model.ts"],
  ]) {
    console.log(`${what}: ${edits(project, file).join(", ")} ms`);
  }
  console.log(`a change of a type that all use: ${changes(project).join(", ")} ms`);
  project.close();
} finally {
  if (process.env.KEEP) console.log(root);
  else rmSync(root, { recursive: true, force: true });
}

function edits(project, file) {
  return [1, 2, 3, 4, 5].map((round) => {
    const path = join(root, file);
    writeFileSync(path, `${readFileSync(path, "utf8")}\nexport interface Edit${round} { round: ${round} }\n`);
    const begun = performance.now();
    project.update([path]);
    return Math.round(performance.now() - begun);
  });
}

/** Every endpoint has to be read again. */
function changes(project) {
  const path = join(root, "src/model.ts");
  return [1, 2, 3].map((round) => {
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("interface Link {", `interface Link { added${round}?: string;`));
    const begun = performance.now();
    project.update([path]);
    return Math.round(performance.now() - begun);
  });
}

function writeApp() {
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "package.json"), '{ "name": "large", "type": "module" }');
  const paths = { "@twinloop/api": [join(stubs, "api/index.ts")] };
  const compilerOptions = {
    target: "ES2023",
    module: "NodeNext",
    strict: true,
    skipLibCheck: true,
    typeRoots: [types],
    types: ["node"],
    paths,
  };
  writeFileSync(
    join(root, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { ...compilerOptions, allowImportingTsExtensions: true, noEmit: true },
      include: ["src"],
    }),
  );
  writeFileSync(join(root, "src/model.ts"), model());
  for (let file = 0; file < count / perFile; file++)
    writeFileSync(join(root, `src/links${file}.ts`), endpoints(file));
}

function model() {
  return `import type { IsURL, MaxLen, Min } from "@twinloop/api";
export interface Owner { id: string; name: string & MaxLen<80>; email?: string | null }
export interface Link { id: string; url: string & IsURL; owner: Owner; tags: string[]; clicks: number & Min<0>; at: Date; kind: "short" | "long" }
export type Page<Item> = { items: Item[]; next?: string; total: number };
export type Result<Item> = { ok: true; value: Item } | { ok: false; error: { code: string; message: string } };
`;
}

function endpoints(file) {
  const lines = [
    `import { api, type Header, type Query } from "@twinloop/api";`,
    `import type { Link, Page, Result } from "./model.js";`,
  ];
  for (let at = 0; at < perFile; at++) {
    const id = `${file}_${at}`;
    lines.push(`
interface Request${id} extends Omit<Link, "id" | "owner"> { id: string; trace?: Header<"X-Trace">; page${at}?: Query<number>; note${at}: { text: string; marks: [number, boolean?] }[] }
/** Endpoint ${id}. */
export const create${id} = api({ method: "POST", path: "/links${id}/:id" }, async (request: Request${id}): Promise<Result<Partial<Link> & { extra${at}: Record<string, number> }>> => ({ ok: true, value: { id: request.id, extra${at}: {} } }));`);
    if (at % 2 === 0) lines.push(`export type List${id} = Page<Pick<Link, "id" | "url">>;`);
  }
  return lines.join("\n") + "\n";
}
