import type ts from "typescript-6";
import { JsonText } from "../json-text.ts";
import type { Plan } from "../plan.ts";
import { typescript, type SourceFile } from "../source-file.ts";

/** The tsconfig of an app without one. */
const TSCONFIG = `{
  "compilerOptions": {
    "target": "ES2023",
    "module": "ESNext",
    "moduleResolution": "Bundler",
    "strict": true,
    "skipLibCheck": true,
    "noEmit": true,
    "types": ["node"]
  }
}
`;

/** Removes the paths of Encore's generated modules from tsconfig.json, or writes one where there is none. */
export function writeTsconfig(plan: Plan): void {
  const file = "tsconfig.json";
  const text = plan.read(file);
  if (text === null) {
    plan.write(file, TSCONFIG);
    plan.note("created", file, 0, "the tsconfig of an app without one");
    return;
  }
  const json = new JsonText(text);
  const paths = (json.at("compilerOptions", "paths") ?? {}) as Readonly<Record<string, unknown>>;
  const ours = Object.keys(paths).filter((key) => /^~encore(?:\/|$)/.test(key));
  if (ours.length === 0) return;
  const line = json.lineOf(ours[0]!);
  if (ours.length === Object.keys(paths).length) json.set(["compilerOptions", "paths"], undefined);
  else for (const key of ours) json.set(["compilerOptions", "paths", key], undefined);
  plan.write(file, json.text);
  plan.note("rewritten", file, line, `paths: ${ours.join(", ")} goes`);
}

/** Adds what Twinloop writes to .gitignore. */
export function writeGitignore(plan: Plan, out: string): void {
  const file = ".gitignore";
  const text = plan.read(file) ?? "";
  const lines = text.split(/\r?\n/).map((line) => line.trim().replace(/^\/|\/$/g, ""));
  const missing = ["node_modules", ".twinloop", out, ".env.local"].filter((name) => !lines.includes(name));
  if (missing.length === 0) return;
  const start = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  plan.write(
    file,
    `${start}${missing.map((name) => (name === ".env.local" ? name : `/${name}/`)).join("\n")}\n`,
  );
  plan.note("rewritten", file, 0, `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} ignored`);
}

/** Removes the alias of Encore's generated modules from the settings of vite and vitest. */
export function removeAlias(file: SourceFile, plan: Plan): void {
  file.walk((node) => {
    if (!typescript.isObjectLiteralExpression(node)) return;
    const { properties } = node;
    const aliases = properties.filter((one) => typescript.isPropertyAssignment(one) && isAlias(one.name));
    if (aliases.length === 0) return;
    if (aliases.length === properties.length) file.replace(node, "{}");
    else for (const one of aliases) file.edit.remove(...placeOf(one, properties));
    for (const one of aliases)
      plan.note("rewritten", file.path, file.lineOf(one), `the alias ${one.name!.getText()} goes`);
  });
}

/** A property's place, with the comma that parts it from the next or the one before. */
function placeOf(
  one: ts.ObjectLiteralElementLike,
  list: ts.NodeArray<ts.ObjectLiteralElementLike>,
): [number, number] {
  const next = list[list.indexOf(one) + 1];
  const before = list[list.indexOf(one) - 1];
  return next !== undefined || before === undefined
    ? [one.getFullStart(), next?.getFullStart() ?? one.getEnd()]
    : [before.getEnd(), one.getEnd()];
}

function isAlias(name: ts.PropertyName): boolean {
  return typescript.isStringLiteralLike(name) && /^~encore(?:\/|$)/.test(name.text);
}
