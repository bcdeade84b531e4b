import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isTest, listAppFiles } from "../app-files.ts";
import { AppProblem } from "@twinloop/core-native/cli";
import { JsonText } from "../json-text.ts";
import { outFolder, writePackageJson } from "../package-json.ts";
import { Plan } from "../plan.ts";
import { parseSources, writeSources } from "../sources.ts";
import { readAppFile } from "./app-file.ts";
import { typeAuthData } from "./auth-data.ts";
import { endingOf } from "./bindings.ts";
import { rewriteClients } from "./clients.ts";
import { readDeclarations, type FileDeclarations } from "./declarations.ts";
import { noteColumns, noteCommands, noteDifferences, noteFiles } from "./differences.ts";
import { writeEntry } from "./entry.ts";
import { writeGateway } from "./gateway.ts";
import { rewriteImports } from "./imports.ts";
import { migrationsOf } from "./migrations-of.ts";
import { rewriteOptions } from "./options.ts";
import { findServices } from "./services.ts";
import { removeAlias, writeGitignore, writeTsconfig } from "./settings.ts";

/**
 * Plans the migration of an Encore.ts app.
 *
 * Shape:  the folder that holds `encore.app`, absolute -> what would be written, and the report.
 * Errors: `AppProblem` where the folder holds no app of Encore for TypeScript.
 */
export function migrateEncore(root: string): Plan {
  const appFile = requireApp(root);
  const plan = new Plan(root);
  const files = listAppFiles(root);
  const sources = parseSources(files, plan, (text) =>
    /encore\.dev|~encore|encore\.gen|@twinloop\//.test(text),
  );
  const all = sources.map(readDeclarations);
  const ending = endingOf(sources.filter(({ path }) => !isTest(path)));
  const services = findServices(all, plan);
  for (const declarations of all) {
    const { file } = declarations;
    rewriteImports(file, plan);
    rewriteClients(file, { services, plan, ending });
    rewriteOptions(declarations, sources, plan);
    removeAlias(file, plan);
    noteDifferences(declarations, plan);
  }
  typeAuthData(all, plan, ending);
  const { id, startOptions } = readAppFile(appFile, plan);
  const created = services.flatMap(({ file }) => (existsSync(join(root, file)) ? [] : file));
  created.push(...[writeGateway(all, plan)].filter((file) => file !== null));
  const hasEndpoints = all.some(({ file, endpoints }) => endpoints.length > 0 && !isTest(file.path));
  // Without endpoints nothing brings the options of a server.
  const entry = writeEntry({ all, created, startOptions: hasEndpoints ? startOptions : "", ending, plan });
  writeSources(sources, plan);
  const wasModule = new JsonText(plan.read("package.json") ?? "{}").at("type") === "module";
  if (!wasModule) noteCommonJs(files.sources, plan);
  writeSettings({ plan, all, entry, name: id || npmName(basename(root)) });
  noteFiles(plan);
  noteCommands(plan);
  noteColumns(plan, sqlFiles(root, all));
  if (id !== "")
    plan.note(
      "differs",
      "encore.app",
      0,
      `appMeta().appId is the name in package.json, with Encore it was ${JSON.stringify(id)}`,
    );
  return plan;
}

function requireApp(root: string): string {
  const text = new Plan(root).read("encore.app");
  if (
    text !== null &&
    !/"lang"\s*:\s*"(?:typescript|ts)"/.test(text) &&
    !existsSync(join(root, "package.json"))
  )
    throw new AppProblem(`${root}/encore.app is an app of another language than TypeScript.`);
  if (text !== null) return text;
  const below = foldersBelow(root).filter((folder) => existsSync(join(root, folder, "encore.app")));
  const hint =
    below.length === 0
      ? "Name the folder of the app."
      : `There is one in ${below.join(", ")}: name that folder.`;
  throw new AppProblem(`There is no encore.app in ${root}. ${hint}`);
}

function foldersBelow(root: string): string[] {
  if (!existsSync(root)) throw new AppProblem(`There is no folder ${root}.`);
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .map(({ name }) => name);
}

/** Reports JavaScript that is CommonJS, which an app whose type becomes `module` would read as a module. */
function noteCommonJs(sources: readonly string[], plan: Plan): void {
  for (const path of sources) {
    const hasOwnPackage = path.includes("/") && existsSync(join(plan.root, dirname(path), "package.json"));
    if (!path.endsWith(".js") || hasOwnPackage) continue;
    const lines = (plan.read(path) ?? "").split("\n");
    const at = lines.findIndex((line) =>
      /^\s*(?:module\.exports\b|exports\.\w+\s*=|(?:const|let|var)\s.*=\s*require\()/.test(line),
    );
    if (at !== -1) plan.note("left", path, at + 1, "CommonJS in an app of modules: rename it to .cjs");
  }
}

interface Settings {
  readonly plan: Plan;
  readonly all: readonly FileDeclarations[];
  readonly entry: string;
  readonly name: string;
}

function writeSettings({ plan, all, entry, name }: Settings): void {
  const packages = new Set(["@twinloop/api"]);
  for (const { file } of all) {
    const text = plan.read(file.path) ?? "";
    for (const [, found] of text.matchAll(/["'](@twinloop\/[a-z-]+)/g)) packages.add(found!);
  }
  const hasDatabase = packages.has("@twinloop/sqldb");
  if (hasDatabase && all.some(({ file }) => /\bmigrations\b/.test(file.text)))
    packages.add("@twinloop/migrations");
  const out = outFolder(plan);
  writePackageJson(
    {
      packages,
      development: ["@twinloop/cli", ...(hasDatabase ? ["@twinloop/postgres-embedded"] : [])],
      dropped: ["encore.dev"],
      ...{ entry, out, name },
      replaces: /\bencore (?:run|test|build)\b/,
      isModule: true,
    },
    plan,
  );
  writeTsconfig(plan);
  writeGitignore(plan, out);
}

/** The SQL files of all databases. */
function sqlFiles(root: string, all: readonly FileDeclarations[]): string[] {
  return all.flatMap(({ file, calls }) =>
    calls.flatMap(({ what, node }) => (what === "SQLDatabase" ? migrationsOf(node, file, root) : [])),
  );
}

/** A folder's name in the form of a package's. */
function npmName(folder: string): string {
  return (
    folder
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, "-")
      .replace(/^[._-]+/, "") || "app"
  );
}
