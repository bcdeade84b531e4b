import { existsSync } from "node:fs";
import { join } from "node:path";
import type ts from "typescript-6";
import type { Plan } from "../plan.ts";
import { typescript, type SourceFile } from "../source-file.ts";
import { frameworkNames } from "./bindings.ts";
import type { FileDeclarations } from "./declarations.ts";

/** Reports what of a file behaves otherwise on Twinloop, and what cannot be rewritten by syntax. */
export function noteDifferences({ file, calls }: FileDeclarations, plan: Plan): void {
  const names = frameworkNames(file);
  const note = (kind: "differs" | "left", node: ts.Node, message: string): void =>
    plan.note(kind, file.path, file.lineOf(node), message);
  file.walk((node) => {
    if (typescript.isTypeReferenceNode(node)) noteType(node, names, note);
    if (typescript.isCallExpression(node) && /\.signed(?:Up|Down)loadUrl$/.test(node.expression.getText()))
      note(
        "differs",
        node,
        "signed URLs need a store that checks them: with the folder of a laptop they are `unimplemented`; set OBJECTS_URL",
      );
    if (typescript.isPropertyAccessExpression(node) && node.getText().startsWith("process.env.ENCORE_"))
      note("left", node, `${node.name.text} is set by Encore alone`);
    if (typescript.isStringLiteralLike(node) && /(?:^|\/)encore\.gen\//.test(node.text) && isSpecifier(node))
      note("left", node, "encore.gen is written by Encore alone");
    if (
      typescript.isCallExpression(node) &&
      node.expression.getText().endsWith(".ref") &&
      node.typeArguments
    ) {
      note(
        "left",
        node,
        "`ref()` of a bucket or database: pass the object itself; a topic's takes no type argument",
      );
    }
  });
  for (const { what, node } of calls) {
    if (what === "Bucket") noteBucket(node, note);
    if (what === "secret") {
      const [name] = node.arguments ?? [];
      if (hasDefault(node, file)) continue;
      note(
        "left",
        node,
        `set the secret ${name?.getText() ?? ""} in the environment or .env.local: without it the app does not start`,
      );
    }
  }
}

/** What a laptop's folder cannot do for a bucket. */
function noteBucket(
  node: ts.CallExpression | ts.NewExpression,
  note: (kind: "differs" | "left", node: ts.Node, message: string) => void,
): void {
  const options = node.arguments?.[1]?.getText() ?? "";
  if (/\bversioned:\s*true\b/.test(options))
    note(
      "left",
      node,
      "`versioned` needs a store that keeps versions, which a folder does not: set OBJECTS_URL, in development too",
    );
  if (/\bpublic:\s*true\b/.test(options))
    note(
      "left",
      node,
      "`publicUrl()` on a laptop: serve .twinloop/objects by api.static, and set OBJECTS_PUBLIC_URL",
    );
}

/** Whether a secret may be missing: by its options, or since the migration has just given it a default. */
function hasDefault(node: ts.CallExpression | ts.NewExpression, file: SourceFile): boolean {
  const end = node.getEnd() - 1;
  return (node.arguments?.length ?? 0) > 1 || /default:/.test(file.edit.slice(node.getStart(file.tree), end));
}

function noteType(
  node: ts.TypeReferenceNode,
  names: ReadonlyMap<string, string>,
  note: (kind: "differs" | "left", node: ts.Node, message: string) => void,
): void {
  const name = names.get(node.typeName.getText());
  if (name === "Cookie")
    note(
      "left",
      node,
      "Cookie<> of a request is the value itself, where Encore gives { value }; in a response write SetCookie<>",
    );
  if (name === "IsURL") note("differs", node, "IsURL takes http and https alone");
  if (name === "MinLen" || name === "MaxLen")
    note("differs", node, `${name} of a text counts characters, where Encore counts bytes of UTF-8`);
  if (name === "MatchesRegexp") return;
}

function isSpecifier(node: ts.Node): boolean {
  return typescript.isImportDeclaration(node.parent) || typescript.isExportDeclaration(node.parent);
}

/** What Encore's tool is called for in texts, and what is called here. */
const COMMANDS: readonly (readonly [RegExp, string])[] = [
  [/\bencore run\b/, "npm run dev"],
  [/\bencore test\b/, "npm test"],
  [/\bencore (?:secret set|secret)\b/, "a line in .env.local, or the environment"],
  [
    /\bencore gen client\b/,
    "`npx @twinloop/cli client --lang ts --out client.ts`, with @twinloop/client installed",
  ],
  [/\bencore db (?:shell|conn-uri|proxy)\b/, "psql on DATABASE_URL"],
  [/\bencore db reset\b/, "dropping the database; it is made and migrated at the next start"],
  [/\bencore build docker\b/, "the Dockerfile in the README of @twinloop/cli"],
  [/\bencore exec\b/, "node --import @twinloop/compiler/register"],
  [/\bgit push encore\b|\bencore (?:app|auth)\b/, "nothing: an app deploys where Node runs"],
];

/** Reports where texts and scripts call Encore's tool. */
export function noteCommands(plan: Plan): void {
  for (const file of ["README.md", "package.json", "Dockerfile", ".github/workflows/ci.yml"]) {
    const told = new Set<string>();
    for (const [index, line] of (plan.read(file) ?? "").split("\n").entries()) {
      for (const [pattern, instead] of COMMANDS) {
        const found = pattern.exec(line)?.[0];
        if (found === undefined || told.has(found)) continue;
        told.add(found);
        plan.note("left", file, index + 1, `\`${found}\` -> ${instead}`);
      }
    }
  }
}

/** Reports Encore's other files. */
export function noteFiles(plan: Plan): void {
  const files: Readonly<Record<string, string>> = {
    "infra.config.json":
      "what it says of databases, topics, buckets and secrets is environment variables here: `npx @twinloop/cli check --env` lists them",
    "infra-config.json":
      "what it says of databases, topics, buckets and secrets is environment variables here: `npx @twinloop/cli check --env` lists them",
    ".secrets.local.cue": "write its secrets to .env.local, NAME=value",
  };
  for (const [file, message] of Object.entries(files)) {
    if (existsSync(join(plan.root, file))) plan.note("left", file, 0, message);
  }
}

/** Reports columns whose values have another type in JavaScript than with Encore. */
export function noteColumns(plan: Plan, files: readonly string[]): void {
  for (const file of files) {
    for (const [index, line] of (plan.read(file) ?? "").split("\n").entries()) {
      if (/^\s*--/.test(line)) continue;
      if (/\b(?:numeric|decimal)\b/i.test(line))
        plan.note("differs", file, index + 1, "numeric is a string here, a Decimal in Encore");
      if (/\bjsonb?\b/i.test(line))
        plan.note(
          "differs",
          file,
          index + 1,
          "a string given for json is JSON text here; Encore stores it as a JSON string, and gives it back as one",
        );
    }
  }
}

/** What differs in every app. */
export const everywhere: readonly string[] = [
  "A POST needs `content-type: application/json`, or is 415: with curl, `-H 'content-type: application/json'`.",
  "A wrong method is 405 with `Allow`, a body over the limit 413; Encore answers 404 and 400.",
  "Responses are checked by their types: a `null` for `note?: string`, or a row that was not found, is 500. Declare `string | null`, or throw APIError.notFound().",
  'A call has 30 s, then it is 504: `start({ timeout: "2m" })`, or `timeout` of an endpoint.',
  'A secret that no place has keeps the app from starting; with Encore it is "" in development.',
  "Databases are found by DATABASE_URL; without it, `dev` runs an embedded PostgreSQL for the app.",
  "Cron jobs run in the app itself, once for all its processes.",
  "`npm run dev` has no dashboard; logs are JSON lines, one a request when asked for.",
];
