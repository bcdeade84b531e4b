import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildResult } from "../src/project/build-result.ts";
import { misshape } from "../../core-native/src/manifest/manifest-shape.ts";
import { Project } from "../src/project/project.ts";

const stubs = fileURLToPath(new URL("stubs", import.meta.url));
const typeRoots = [fileURLToPath(new URL("../../../node_modules/@types", import.meta.url))];
/** Each folder stands for the package of its name, and names the `declares.json` of the real one. */
const packages = readdirSync(stubs);

/** What the packages let an app declare, as an installed app has it; what is imported is found by the tsconfig's `paths`. */
const installed = Object.fromEntries(
  packages.map((name) => {
    const declares = fileURLToPath(new URL(`../../${name}/declares.json`, import.meta.url));
    const manifest = { name: `@twinloop/${name}`, twinloop: { declares } };
    return [`node_modules/@twinloop/${name}/package.json`, JSON.stringify(manifest)];
  }),
);

const compilerOptions = {
  target: "ES2023",
  module: "NodeNext",
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  typeRoots,
  types: ["node"],
  paths: Object.fromEntries(packages.map((name) => [`@twinloop/${name}`, [join(stubs, name, "index.ts")]])),
};

export interface AppOptions {
  typescript?: "6" | "7";
  /** Beside those that every app has. */
  compilerOptions?: object;
}

/** Writes an app into a temporary folder; `remove` deletes it. */
export function writeApp(
  files: Record<string, string>,
  options: AppOptions = {},
): { root: string; remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), "twinloop-app-"));
  const tsconfig = { compilerOptions: { ...compilerOptions, ...options.compilerOptions }, include: ["src"] };
  const all = {
    "package.json": '{ "name": "@acme/shop", "type": "module" }',
    "tsconfig.json": JSON.stringify(tsconfig),
    ...installed,
    ...files,
  };
  writeFiles(root, all);
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

interface ResidentApp {
  root: string;
  project: Project;
  written: string[];
}

const residents = new Map<string, ResidentApp>();

/**
 * What the compiler says about an app of these files. A single text is `src/app.ts`.
 *
 * Apps of one test file and the same options share a resident project: a fresh one each would take ten times as long.
 */
export function readApp(files: Record<string, string> | string, options: AppOptions = {}): BuildResult {
  const all = typeof files === "string" ? { "src/app.ts": files } : files;
  const app = residentApp(options);
  const gone = app.written.filter((path) => !(path in all));
  for (const path of gone) rmSync(join(app.root, path));
  writeFiles(app.root, all);
  app.written = Object.keys(all);
  return fitting(app.project.update([...gone, ...app.written]));
}

/** The result, whose manifest is as `contract/manifest.schema.json` says; of an app with problems it is not written. */
function fitting(result: BuildResult): BuildResult {
  const fault = result.problems.length === 0 ? misshape(result.manifest) : undefined;
  if (fault !== undefined) throw new Error(`The manifest is not as its schema says: ${fault}.`);
  return result;
}

function residentApp(options: AppOptions): ResidentApp {
  const key = JSON.stringify(options);
  const known = residents.get(key);
  if (known !== undefined) return known;
  const { root, remove } = writeApp({}, options);
  const project = new Project(root, { typescript: options.typescript ?? "7" });
  const app = { root, project, written: [] };
  residents.set(key, app);
  process.once("exit", () => (project.close(), remove()));
  return app;
}

function writeFiles(root: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
