import type ts from "typescript-6";
import { isTest, listAppFiles } from "../app-files.ts";
import { AppProblem } from "@twinloop/core-native/cli";
import { JsonText } from "../json-text.ts";
import { ourVersion } from "../package-json.ts";
import { Plan } from "../plan.ts";
import { typescript, type SourceFile } from "../source-file.ts";
import { parseSources, writeSources } from "../sources.ts";
import type { Framework } from "./framework.ts";
import { listenCalls, otherListenLines, usesOf, type ListenCall } from "./listen-calls.ts";
import { callbackCode, listenArguments } from "./listen-arguments.ts";
import { noteDifferences } from "./mount-differences.ts";

/**
 * Plans the first step of an app of Express or Fastify: the whole app becomes one raw endpoint, and Twinloop listens in its
 * place. Scripts, build and everything else stay as they are.
 *
 * Errors: `AppProblem` where package.json does not name the framework, or nothing that listens is found.
 */
export function migrateMounted(root: string, framework: Framework): Plan {
  const plan = new Plan(root);
  const json = requireFramework(plan, framework);
  const sources = parseSources(listAppFiles(root), plan, (text, path) => concerns(text, path));
  const loaded = sources.filter(({ path }) => !isTest(path));
  const calls = loaded.flatMap((file) => listenCalls(file, framework).map((call) => ({ file, call })));
  const isMounted = loaded.some(({ text }) => text.includes("api.raw(") && /@twinloop\//.test(text));
  plan.isDone = isMounted;
  for (const file of loaded) {
    const known = calls.filter((one) => one.file === file).map(({ call }) => call);
    for (const line of otherListenLines(file, known))
      plan.note(
        "left",
        file.path,
        line,
        `listen() of something that cannot be told to be an app of ${framework}: give the app a variable of this file's top level`,
      );
  }
  if (calls.length === 0 && !isMounted && plan.findings.every(({ kind }) => kind !== "left"))
    throw new AppProblem(nothingListens(root, framework, json));
  mountAll(calls, { framework, plan });
  writeSources(loaded, plan);
  if (plan.files.size > 0) addPackage(json, plan);
  for (const file of loaded) noteDifferences(file, framework, plan);
  return plan;
}

/** Mounts the first app; another one cannot have all paths too. */
function mountAll(calls: readonly { file: SourceFile; call: ListenCall }[], mounting: Mounting): void {
  const mounted = new Set<ts.Statement>();
  for (const { file, call } of calls) {
    const obstacle = call.obstacle ?? (call.app === null ? "the app cannot be told" : usedValue(call, file));
    const isOther = mounted.size > 0 && call.app !== null && !mounted.has(call.app.statement);
    if (obstacle !== null || isOther) {
      const why = obstacle ?? "another app is mounted under /!rest: mount this one under a part of the paths";
      mounting.plan.note("left", file.path, call.line, `not mounted: ${why}`);
      continue;
    }
    mount(file, call, { ...mounting, isFirst: mounted.size === 0 });
    mounted.add(call.app!.statement);
  }
}

/** Where the server that `listen()` gives is used, as what keeps the app from being mounted; null where nobody takes it. */
function usedValue({ call }: ListenCall, file: SourceFile): string | null {
  const result = resultOf(call, file);
  if (result !== null && "uses" in result) {
    const lines = [...new Set(result.uses.map((node) => file.lineOf(node)))].join(", ");
    return lines === "" ? null : `what listen() gives is used in line ${lines}, and Twinloop gives no server`;
  }
  const { parent } = call;
  const isDropped =
    typescript.isExpressionStatement(parent) ||
    typescript.isAwaitExpression(parent) ||
    typescript.isReturnStatement(parent) ||
    typescript.isVoidExpression(parent) ||
    (typescript.isArrowFunction(parent) && parent.body === call);
  return isDropped ? null : "what listen() gives is used, and Twinloop gives no server";
}

function concerns(text: string, path: string): boolean {
  return !path.includes("node_modules") && /\.listen\b|express|fastify|@twinloop\//i.test(text);
}

function requireFramework(plan: Plan, framework: Framework): JsonText {
  const text = plan.read("package.json");
  if (text === null)
    throw new AppProblem(`There is no package.json in ${plan.root}. Name the folder of the app.`);
  const json = new JsonText(text);
  if (json.at("dependencies", framework) === undefined && json.at("devDependencies", framework) === undefined)
    throw new AppProblem(
      `${plan.root}/package.json does not have ${framework} among its dependencies. Name the folder of the app.`,
    );
  return json;
}

function nothingListens(root: string, framework: Framework, json: JsonText): string {
  const scripts = Object.values((json.at("scripts") ?? {}) as Readonly<Record<string, string>>);
  const isPlugin = framework === "fastify" && scripts.some((script) => /\bfastify start\b/.test(script));
  const why = isPlugin
    ? "the app is a plugin that `fastify start` loads: write a file that makes a Fastify instance, registers the plugin and calls listen(), and run this again"
    : "call listen() on the app in one of its files, and run this again";
  return `Nothing in ${root} calls listen() on an app of ${framework}: ${why}.`;
}

/** The address that Express listens on where it is given none. */
const EVERY_ADDRESS = "0.0.0.0";

interface Mounting {
  readonly framework: Framework;
  readonly plan: Plan;
}

interface OneMounting extends Mounting {
  /** Whether the raw endpoint is not declared yet. */
  readonly isFirst: boolean;
}

function mount(
  file: SourceFile,
  { call, app, server, line }: ListenCall,
  { framework, plan, isFirst }: OneMounting,
): void {
  const result = resultOf(call, file);
  const { name, statement } = app!;
  const isFastify = framework === "fastify";
  const names = freeNames(isFastify ? ["api", "onShutdown", "start"] : ["api", "start"], file);
  if (isFirst) mountBehind(statement, { file, name, names });
  const { options, callback, lost } = listenArguments(call, file, isFastify ? null : EVERY_ADDRESS);
  const start = `${names.get("start")!}(${options})`;
  const begun = isFastify ? `${name}.ready().then(() => ${start})` : start;
  const heard = callback === null ? "" : callbackCode(callback, file, isFastify);
  const asked =
    result !== null && "isAwaited" in result && isFastify && callback === null
      ? ".then(({ url }) => url)"
      : "";
  const whole = result !== null && "declaration" in result ? result.declaration : call;
  const isStatement = typescript.isExpressionStatement(whole.parent) || whole !== call;
  file.replace(
    whole,
    `${isStatement ? "void " : ""}${begun}${heard}${asked}${whole === call ? "" : endOf(file)}`,
  );
  if (server !== null) file.edit.remove(server.getFullStart(), server.getEnd());
  if (isFirst) addImport(file, names);
  plan.note(
    "rewritten",
    file.path,
    line,
    `\`${name}\` is mounted under /!rest, and start(${options}) listens in its place`,
  );
  if (lost !== null) plan.note("left", file.path, line, `${lost} has no counterpart`);
}

interface Mounted {
  readonly file: SourceFile;
  /** The app's variable. */
  readonly name: string;
  readonly names: ReadonlyMap<string, string>;
}

/** Declares the raw endpoint behind the statement that makes the app, in the manner that the file is written in. */
function mountBehind(statement: ts.Statement, { file, name, names }: Mounted): void {
  const { quote: q } = file;
  const isFastify = names.has("onShutdown");
  const indent = /[ \t]*$/.exec(file.text.slice(0, statement.getStart(file.tree)))![0];
  const mounted = isFastify ? `(req, res) => ${name}.routing(req, res)` : name;
  const options = `{ expose: true, method: ${q}*${q}, path: ${q}/!rest${q}, bodyLimit: null, timeout: null }`;
  const word = statement.parent === file.tree ? exportWord(file) : "";
  const lines = [`${word}${names.get("api")!}.raw(${options}, ${mounted})`];
  if (isFastify) lines.push(`${names.get("onShutdown")!}(() => ${name}.close())`);
  file.edit.appendLeft(
    statement.getEnd(),
    `\n\n${lines.map((line) => `${indent}${line}${endOf(file)}`).join("\n")}`,
  );
}

/** The names that ours have in a file: another one where the file uses the name already. */
function freeNames(names: readonly string[], file: SourceFile): Map<string, string> {
  const used = new Set<string>();
  file.walk((node) => {
    if (typescript.isIdentifier(node)) used.add(node.text);
  });
  return new Map(names.map((name) => [name, used.has(name) ? `${name}Twinloop` : name]));
}

/** How the file ends its statements: `;`, or nothing. */
function endOf(file: SourceFile): string {
  const ends = file.tree.statements.map((one) => file.textOf(one)).filter((text) => !text.endsWith("}"));
  return ends.filter((text) => text.endsWith(";")).length * 2 >= ends.length ? ";" : "";
}

/** What becomes of the value of `listen()`: null where nobody takes it. */
function resultOf(
  call: ts.CallExpression,
  file: SourceFile,
): { uses: ts.Identifier[]; declaration: ts.Statement } | { isAwaited: true } | null {
  const { parent } = call;
  if (typescript.isVariableDeclaration(parent)) {
    const uses = usesOf(parent.name.getText(), file).filter((node) => node.parent !== parent);
    return { uses, declaration: parent.parent.parent as ts.Statement };
  }
  if (typescript.isAwaitExpression(parent) && !typescript.isExpressionStatement(parent.parent))
    return { isAwaited: true };
  return null;
}

/** `export const legacy = ` where the file is a module that may have one more export. */
function exportWord(file: SourceFile): string {
  const { statements } = file.tree;
  const isModule = statements.some(
    (one) =>
      typescript.isImportDeclaration(one) ||
      typescript.isExportDeclaration(one) ||
      typescript.isExportAssignment(one),
  );
  const isEquals = statements.some(
    (one) => typescript.isExportAssignment(one) && one.isExportEquals === true,
  );
  if (!isModule || isEquals) return "";
  const name = ["legacy", "legacyApp", "mountedApp"].find(
    (one) => !new RegExp(`\\b${one}\\b`).test(file.text),
  );
  return `export const ${name ?? "mountedByTwinloop"} = `;
}

function addImport(file: SourceFile, names: ReadonlyMap<string, string>): void {
  const { quote, tree } = file;
  const imports = tree.statements.filter((one) => typescript.isImportDeclaration(one));
  const isModule =
    imports.length > 0 ||
    tree.statements.some((one) => typescript.isExportAssignment(one) || typescript.isExportDeclaration(one));
  const list = (as: string): string =>
    [...names].map(([name, own]) => (name === own ? name : `${name}${as}${own}`)).join(", ");
  const module = `${quote}@twinloop/api${quote}`;
  const line = isModule
    ? `import { ${list(" as ")} } from ${module}${endOf(file)}`
    : `const { ${list(": ")} } = require(${module})${endOf(file)}`;
  const last = imports.at(-1);
  if (last !== undefined) file.edit.appendLeft(last.getEnd(), `\n${line}`);
  else {
    const first = tree.statements.find((one) => !isDirective(one));
    file.edit.appendLeft(first?.getStart(tree) ?? 0, `${line}\n`);
  }
}

function isDirective(statement: ts.Statement): boolean {
  return typescript.isExpressionStatement(statement) && typescript.isStringLiteral(statement.expression);
}

function addPackage(json: JsonText, plan: Plan): void {
  if (json.at("dependencies", "@twinloop/api") !== undefined) return;
  json.set(["dependencies", "@twinloop/api"], ourVersion);
  plan.write("package.json", json.text);
  plan.note("rewritten", "package.json", 0, "@twinloop/api comes");
}
