/**
 * The two languages of a generated client. TypeScript has types in the code; JavaScript has the same types in JSDoc,
 * which editors read, so that both give the same completions.
 */
import type { FunctionParameter, WrittenFunction } from "./function-writer.ts";
import { isIdentifier } from "./names.ts";
import { memberText, type NamedType } from "./type-writer.ts";

/** Writes a function as TypeScript. */
export function typeScriptFunction({ name, doc, parameters, returns, body }: WrittenFunction): string {
  const given = parameters.map(({ name: own, type, default: standard }) =>
    standard === undefined ? `${own}: ${type}` : `${own}: ${type} = ${standard}`,
  );
  return `${comment(doc)}export function ${name}(${given.join(", ")}): ${returns} {\n${statements(body, ` as ${returns}`)}\n}`;
}

/** Writes a function as JavaScript, with its types in the doc comment. */
export function javaScriptFunction({ name, doc, parameters, returns, body }: WrittenFunction): string {
  const types = parameters.map(
    ({ name: own, type, default: standard }: FunctionParameter) =>
      `@param {${type}} ${standard === undefined ? own : `[${own}]`}`,
  );
  const given = parameters.map(({ name: own, default: standard }) =>
    standard === undefined ? own : `${own} = ${standard}`,
  );
  const whole = [doc, "", ...types, `@returns {${returns}}`].join("\n");
  return `${comment(whole)}export function ${name}(${given.join(", ")}) {\n${statements(body, "")}\n}`;
}

/** The statements of a function; one that returns without `;` is cast to its type. */
function statements(body: readonly string[], cast: string): string {
  return body.map((line) => `  ${line.endsWith(";") ? line : `${line}${cast};`}`).join("\n");
}

/** Writes a type as TypeScript. */
export function typeScriptType({ name, doc, members, type }: NamedType): string {
  if (members === undefined) return `${comment(doc)}export type ${name} = ${type};`;
  const lines = members.map((member) => `${comment(member.doc, "  ")}  ${memberText(member)};`);
  return `${comment(doc)}export interface ${name} {\n${lines.join("\n")}\n}`;
}

/** Writes a type as a doc comment. */
export function javaScriptType({ name, doc, members, type }: NamedType): string {
  if (members === undefined) return comment(`${doc}\n@typedef {${type}} ${name}`);
  if (!members.every((member) => isIdentifier(member.name)))
    return comment(`${doc}\n@typedef {{ ${members.map(memberText).join("; ")} }} ${name}`);
  const properties = members.map(
    (member) =>
      `@property {${member.type}} ${member.optional ? `[${member.name}]` : member.name} ${member.doc.replaceAll("\n", " ")}`,
  );
  return comment([doc, `@typedef {object} ${name}`, ...properties].join("\n"));
}

/**
 * Writes a doc comment, with a line break behind it; nothing for an empty text. `*\/` within the text is broken, or
 * it would end the comment.
 */
function comment(text: string, indent = ""): string {
  const lines = text
    .trim()
    .replaceAll("*/", "*\\/")
    .split("\n")
    .map((line) => line.trimEnd());
  if (lines.length === 1) return lines[0] === "" ? "" : `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} *${line === "" ? "" : ` ${line}`}\n`).join("")}${indent} */\n`;
}
