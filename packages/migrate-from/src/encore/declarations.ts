import type ts from "typescript-6";
import { typescript, type SourceFile } from "../source-file.ts";
import { frameworkNames, listedExports } from "./bindings.ts";

/** A class or function whose call declares a part of the app. */
const DECLARING = new Set([
  "Service",
  "Gateway",
  "SQLDatabase",
  "Topic",
  "Subscription",
  "CronJob",
  "Bucket",
  "secret",
]);

/** An endpoint, by the name that it is exported as. */
export interface Endpoint {
  readonly name: string;
  /** `api`, or the member: `raw`, `streamOut`, `static`, … */
  readonly kind: string;
  readonly line: number;
  /** Whether its options ask for a caller that is known. */
  readonly auth: boolean;
}

/** What a file declares. */
export interface FileDeclarations {
  readonly file: SourceFile;
  /** The name of the service, where the file declares one. */
  readonly service: string | null;
  readonly endpoints: readonly Endpoint[];
  /** The declaring calls, endpoints aside. */
  readonly calls: readonly { readonly what: string; readonly node: ts.CallExpression | ts.NewExpression }[];
  /** The calls of `authHandler`. */
  readonly authHandlers: readonly ts.CallExpression[];
  /** Whether the file calls `start()` of Twinloop. */
  readonly starts: boolean;
}

/** Reads what a file declares, by what it imports from Encore or Twinloop. */
export function readDeclarations(file: SourceFile): FileDeclarations {
  const names = frameworkNames(file);
  const listed = listedExports(file);
  const endpoints: Endpoint[] = [];
  const calls: { what: string; node: ts.CallExpression | ts.NewExpression }[] = [];
  const authHandlers: ts.CallExpression[] = [];
  let service: string | null = null;
  let starts = false;
  file.walk((node) => {
    if (!typescript.isCallExpression(node) && !typescript.isNewExpression(node)) return;
    const { root, member } = calleeOf(node.expression);
    const what = root === null ? undefined : names.get(root);
    if (what === "api" && typescript.isCallExpression(node)) {
      const name = exportedName(node, listed);
      endpoints.push({
        name: name ?? "",
        kind: member ?? "api",
        line: file.lineOf(node),
        auth: asksAuth(node),
      });
    } else if (what === "authHandler" && typescript.isCallExpression(node)) authHandlers.push(node);
    else if (what === "start" && member === null) starts = true;
    else if (what !== undefined && member === null && DECLARING.has(what)) {
      calls.push({ what, node });
      const [first] = node.arguments ?? [];
      if (what === "Service" && first && typescript.isStringLiteralLike(first)) service = first.text;
    }
  });
  return { file, service, endpoints, calls, authHandlers, starts };
}

/** Whether the module must be loaded for the app to be whole. */
export function declaresSomething({ service, endpoints, calls }: FileDeclarations): boolean {
  return service !== null || endpoints.length > 0 || calls.length > 0;
}

function asksAuth({ arguments: [options] }: ts.CallExpression): boolean {
  if (!options || !typescript.isObjectLiteralExpression(options)) return false;
  return options.properties.some(
    (one) =>
      typescript.isPropertyAssignment(one) &&
      one.name.getText() === "auth" &&
      one.initializer.kind === typescript.SyntaxKind.TrueKeyword,
  );
}

function calleeOf(node: ts.Expression): { root: string | null; member: string | null } {
  if (typescript.isIdentifier(node)) return { root: node.text, member: null };
  if (typescript.isPropertyAccessExpression(node) && typescript.isIdentifier(node.expression)) {
    return { root: node.expression.text, member: node.name.text };
  }
  return { root: null, member: null };
}

/** The name of the exported variable that a call initialises; null where there is none. */
function exportedName(call: ts.Node, listed: ReadonlyMap<string, string>): string | null {
  let node = call.parent;
  while (
    typescript.isParenthesizedExpression(node) ||
    typescript.isAsExpression(node) ||
    typescript.isSatisfiesExpression(node)
  ) {
    node = node.parent;
  }
  if (!typescript.isVariableDeclaration(node) || !typescript.isIdentifier(node.name)) return null;
  const statement = node.parent.parent;
  const isExported =
    typescript.isVariableStatement(statement) &&
    statement.modifiers?.some(({ kind }) => kind === typescript.SyntaxKind.ExportKeyword) === true;
  return isExported ? node.name.text : (listed.get(node.name.text) ?? null);
}
