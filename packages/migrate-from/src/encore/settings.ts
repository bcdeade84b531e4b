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
  plan.write(file, `${start}${missing.map((name) => (name === ".env.local" ? name : `/${name}/`)).join("\n")}\n`);
  plan.note("rewritten", file, 0, `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} ignored`);
}

/** Removes the alias of Encore's generated modules from the settings of vite and vitest. */
export function removeAlias(file: SourceFile, plan: Plan): void {
  file.walk((node) => {
    if (!typescript.isPropertyAssignment(node) || !isAlias(node.name)) return;
    const list = (node.parent as ts.ObjectLiteralExpression).properties;
    const next = list[list.indexOf(node) + 1];
    const before = list[list.indexOf(node) - 1];
    const end = next?.getFullStart() ?? node.getEnd();
    const start = next || !before ? node.getFullStart() : before.getEnd();
    // With nothing behind it, a comma that follows stays behind what is in front, where it may stand.
    const comma = next || before ? 0 : (/^\s*,/.exec(file.text.slice(end))?.[0].length ?? 0);
    file.edit.remove(start, end + comma);
    plan.note("rewritten", file.path, file.lineOf(node), `the alias ${node.name.getText()} goes`);
  });
}

function isAlias(name: ts.PropertyName): boolean {
  return typescript.isStringLiteralLike(name) && /^~encore(?:\/|$)/.test(name.text);
}
