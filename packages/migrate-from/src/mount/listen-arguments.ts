import type ts from "typescript-6";
import { typescript, type SourceFile } from "../source-file.ts";

/** What `listen` is told, as code for `start()`. */
export interface ListenArguments {
  /** The argument of `start()`; empty where it takes none. */
  readonly options: string;
  /** The function that is called when the server listens; null without one. */
  readonly callback: ts.Expression | null;
  /** What cannot be carried over; null where all of it is. */
  readonly lost: string | null;
}

/**
 * Reads the arguments of `listen(port?, host?, backlog?, callback?)` and of `listen({ port, host }, callback?)`. `usualHost` is
 * that of a call that names none.
 */
export function listenArguments(
  call: ts.CallExpression,
  file: SourceFile,
  usualHost: string | null,
): ListenArguments {
  const given = [...call.arguments];
  const last = given.at(-1);
  const isCallback = last !== undefined && (isFunction(last) || (given.length > 1 && isName(last)));
  const callback = isCallback ? given.pop()! : null;
  const [first, host] = given;
  if (first && typescript.isObjectLiteralExpression(first))
    return { ...ofObject(first, file, usualHost), callback };
  const parts = first === undefined ? [] : portPart(file.textOf(first));
  let lost: string | null = null;
  if (host !== undefined) {
    if (typescript.isNumericLiteral(host)) lost = `the backlog ${host.text}`;
    else parts.push(file.textOf(host) === "host" ? "host" : `host: ${file.textOf(host)}`);
  }
  return { options: braces(hosted(parts, usualHost, file.quote)), callback, lost };
}

function hosted(parts: readonly string[], usualHost: string | null, quote: string): readonly string[] {
  return usualHost === null || parts.some((part) => /^(?:host|unix)\b/.test(part))
    ? parts
    : [...parts, `host: ${quote}${usualHost}${quote}`];
}

function ofObject(
  node: ts.ObjectLiteralExpression,
  file: SourceFile,
  usualHost: string | null,
): { options: string; lost: string | null } {
  const parts: string[] = [];
  const lost: string[] = [];
  for (const one of node.properties) {
    const name = one.name?.getText() ?? "";
    const value = typescript.isPropertyAssignment(one) ? file.textOf(one.initializer) : name;
    if (name === "port") parts.push(...portPart(value));
    else if (name === "host") parts.push(name === value ? "host" : `host: ${value}`);
    else if (name === "path") parts.push(`unix: ${value}`);
    else lost.push(name || file.textOf(one));
  }
  return {
    options: braces(hosted(parts, usualHost, file.quote)),
    lost: lost.length === 0 ? null : `\`${lost.join("`, `")}\` of listen`,
  };
}

/** `PORT` of the environment is read by `start()` itself. */
function portPart(text: string): string[] {
  if (text === "process.env.PORT") return [];
  if (/^(?:\d+|(?:Number|parseInt|Number\.parseInt)\(.*\))$/s.test(text)) return [`port: ${text}`];
  return [`port: Number(${text})`];
}

function braces(parts: readonly string[]): string {
  return parts.length === 0 ? "" : `{ ${parts.join(", ")} }`;
}

function isFunction(node: ts.Expression): node is ts.ArrowFunction | ts.FunctionExpression {
  return typescript.isArrowFunction(node) || typescript.isFunctionExpression(node);
}

function isName(node: ts.Expression): boolean {
  return typescript.isIdentifier(node);
}

/** The code that calls a callback when the app has started, given the name of what `start()` gives. */
export function callbackCode(callback: ts.Expression, file: SourceFile, isFastify: boolean): string {
  const text = file.textOf(callback);
  const takes = isFunction(callback) ? callback.parameters.length : 1;
  if (takes === 0) return `.then(${text})`;
  const code = isFunction(callback) ? `(${text})` : text;
  return isFastify ? `.then((running) => ${code}(null, running.url))` : `.then(() => ${code}())`;
}
