import type { Plan } from "../plan.ts";
import { type SourceFile, typescript } from "../source-file.ts";
import { isTest } from "../app-files.ts";
import { bindingsOf, specifierOf, type Ending } from "./bindings.ts";
import { declaresSomething, type FileDeclarations } from "./declarations.ts";

/** What the module that starts the app is written from. */
export interface EntryOptions {
  readonly all: readonly FileDeclarations[];
  /** Modules that the migration creates and that declare something. */
  readonly created: readonly string[];
  /** The argument of `start()`, as code. */
  readonly startOptions: string;
  readonly ending: Ending;
  readonly plan: Plan;
}

/** Writes the module that imports every declaring module and starts the app; returns its path. */
export function writeEntry({ all, created, startOptions, ending, plan }: EntryOptions): string {
  const present = all.find(({ file, starts }) => starts && !isTest(file.path));
  const modules = [
    ...created,
    ...all
      .filter((one) => one !== present && !isTest(one.file.path) && declaresSomething(one))
      .map(({ file }) => file.path),
  ];
  modules.sort((a, b) => Number(isService(b)) - Number(isService(a)) || (a < b ? -1 : 1));
  if (present !== undefined) {
    addImports(present.file, modules, { ending, plan });
    return present.file.path;
  }
  const path =
    ["main.ts", "app.ts", "twinloop.ts"].find((name) => plan.read(name) === null) ?? "start-twinloop.ts";
  const imports = modules.map((module) => `import "${specifierOf(path, module, ending)}";`);
  const workers = startOptions.includes("availableParallelism")
    ? 'import { availableParallelism } from "node:os";\n'
    : "";
  const lines = [
    "// Starts the app: what a module declares is part of it when the module is imported here.",
    `${workers}import { start } from "@twinloop/api";`,
    ...imports,
    "",
    `await start(${startOptions});`,
    "",
  ];
  plan.write(path, lines.join("\n"));
  plan.note(
    "created",
    path,
    0,
    `imports ${modules.length} modules that declare something, and calls start()`,
  );
  return path;
}

function isService(path: string): boolean {
  return path.endsWith("encore.service.ts");
}

/** Adds the imports that an entry of an earlier migration lacks. */
function addImports(
  file: SourceFile,
  modules: readonly string[],
  { ending, plan }: { ending: Ending; plan: Plan },
): void {
  const bare = (specifier: string): string => specifier.replace(/\.[cm]?[jt]sx?$/, "");
  const known = new Set(bindingsOf(file).map(({ specifier }) => bare(specifier)));
  let end = 0;
  for (const statement of file.tree.statements) {
    if (!typescript.isImportDeclaration(statement)) continue;
    known.add(bare((statement.moduleSpecifier as { text: string } & typeof statement.moduleSpecifier).text));
    end = statement.getEnd();
  }
  const missing = modules.filter((module) => !known.has(bare(specifierOf(file.path, module, "ts"))));
  for (const module of missing) {
    file.edit.appendLeft(end, `\nimport "${specifierOf(file.path, module, ending)}";`);
    plan.note("rewritten", file.path, file.lineAt(end), `imports ${module}`);
  }
}
