import type ts from "typescript-6";
import type { Plan } from "../plan.ts";
import { typescript, type SourceFile } from "../source-file.ts";
import type { FileDeclarations } from "./declarations.ts";
import { besideOf, int8As, int8Columns } from "./int8.ts";
import { migrationsOf } from "./migrations-of.ts";

/** Rewrites the options of declarations whose defaults or units are others here. */
export function rewriteOptions(
  { file, calls }: FileDeclarations,
  sources: readonly SourceFile[],
  plan: Plan,
): void {
  for (const { what, node } of calls) {
    if (what === "SQLDatabase" && isNumber(node, file, { sources, plan })) numberForInt8(node, file, plan);
    if (what === "secret") emptyByDefault(node, file, plan);
  }
  if (calls.some(({ what }) => what === "Bucket") || /signed(?:Up|Down)loadUrl/.test(file.text))
    secondsOfUrls(file, plan);
}

/** Whether `int8` is to be a number, by what the types near the database say of its columns. */
function isNumber(
  node: ts.Node,
  file: SourceFile,
  { sources, plan }: { sources: readonly SourceFile[]; plan: Plan },
): boolean {
  const texts = migrationsOf(node, file, plan.root).map((path) => plan.read(path) ?? "");
  const { as, odd } = int8As(int8Columns(texts), besideOf(file, sources));
  for (const field of odd) {
    const message = `\`${field.name}: string\` over an int8 column, which is a number with \`bigint: "number"\`: write number, or cast the column to text`;
    plan.note("left", field.file.path, field.line, message);
  }
  if (as === "string")
    plan.note(
      "differs",
      file.path,
      file.lineOf(node),
      "int8 is a string, as the types say; Encore gives a number in spite of them",
    );
  return as === "number";
}

/** Encore gives `int8` as a number. */
function numberForInt8(node: ts.CallExpression | ts.NewExpression, file: SourceFile, plan: Plan): void {
  const [, options] = node.arguments ?? [];
  const line = file.lineOf(node);
  const told = '`bigint: "number"`: int8 is a number, as in Encore; beyond ±2⁵³ it loses its last digits';
  if (options === undefined) {
    const [name] = node.arguments ?? [];
    if (name === undefined) return;
    file.edit.appendLeft(name.getEnd(), ', { bigint: "number" }');
  } else if (!typescript.isObjectLiteralExpression(options)) {
    plan.note(
      "left",
      file.path,
      line,
      'the options of this database are written elsewhere: add `bigint: "number"`, by which int8 is a number as in Encore',
    );
    return;
  } else {
    if (options.properties.some((one) => one.name?.getText() === "bigint")) return;
    addProperty(options, `bigint: ${file.quote}number${file.quote}`, file);
  }
  plan.note("rewritten", file.path, line, told);
}

/** Adds a property behind the others, laid out as they are. */
export function addProperty(object: ts.ObjectLiteralExpression, text: string, file: SourceFile): void {
  const last = object.properties.at(-1);
  if (last === undefined) {
    file.replace(object, `{ ${text} }`);
    return;
  }
  const before = file.text.slice(0, last.getStart(file.tree));
  const indent = /\n([ \t]*)$/.exec(before)?.[1];
  file.edit.appendLeft(last.getEnd(), indent === undefined ? `, ${text}` : `,\n${indent}${text}`);
}

/**
 * A missing secret is "" with Encore in development, and keeps the app from starting here. Where the code tests whether it has
 * one, it may be missing.
 */
function emptyByDefault(node: ts.CallExpression | ts.NewExpression, file: SourceFile, plan: Plan): void {
  const [name, options] = node.arguments ?? [];
  if (name === undefined || options !== undefined) return;
  const { parent } = node;
  const local = typescript.isVariableDeclaration(parent) ? parent.name.getText() : null;
  if (local === null || !isTested(local, file)) return;
  file.edit.appendLeft(name.getEnd(), `, { default: ${file.quote}${file.quote} }`);
  plan.note(
    "rewritten",
    file.path,
    file.lineOf(node),
    `${name.getText()} may be missing: the code tests whether it is empty`,
  );
}

/** Whether the value of a secret, or a variable that holds it, stands where a condition is asked. */
function isTested(local: string, file: SourceFile): boolean {
  const held = new Set<string>();
  let isFound = false;
  const isValue = (node: ts.Node): boolean =>
    (typescript.isCallExpression(node) && node.expression.getText() === local) ||
    (typescript.isIdentifier(node) && held.has(node.text));
  file.walk((node) => {
    if (typescript.isVariableDeclaration(node) && node.initializer && isValue(node.initializer))
      held.add(node.name.getText());
    const asked = conditionOf(node);
    if (asked !== undefined && asked.some(isValue)) isFound = true;
  });
  return isFound;
}

/** The expressions whose truth a node asks for. */
function conditionOf(node: ts.Node): ts.Expression[] | undefined {
  if (typescript.isIfStatement(node)) return [node.expression];
  if (typescript.isConditionalExpression(node)) return [node.condition];
  if (typescript.isPrefixUnaryExpression(node) && node.operator === typescript.SyntaxKind.ExclamationToken)
    return [node.operand];
  if (!typescript.isBinaryExpression(node)) return undefined;
  const { kind } = node.operatorToken;
  const asks = [typescript.SyntaxKind.BarBarToken, typescript.SyntaxKind.AmpersandAmpersandToken];
  if (asks.includes(kind)) return [node.left];
  const isEquality = /^[!=]==?$/.test(node.operatorToken.getText());
  const isEmpty = (side: ts.Expression): boolean => typescript.isStringLiteralLike(side) && side.text === "";
  return isEquality && (isEmpty(node.right) || isEmpty(node.left)) ? [node.left, node.right] : undefined;
}

/** Encore counts the `ttl` of a signed URL in seconds; here it is a text with its unit. */
function secondsOfUrls(file: SourceFile, plan: Plan): void {
  file.walk((node) => {
    if (!typescript.isCallExpression(node) || !/\.signed(?:Up|Down)loadUrl$/.test(node.expression.getText()))
      return;
    const [, options] = node.arguments;
    if (!options || !typescript.isObjectLiteralExpression(options)) {
      if (options)
        plan.note(
          "left",
          file.path,
          file.lineOf(options),
          'the `ttl` of a signed URL takes its unit: "3600s"',
        );
      return;
    }
    for (const one of options.properties) {
      if (one.name?.getText() !== "ttl" || !typescript.isPropertyAssignment(one)) continue;
      const value = one.initializer;
      if (typescript.isStringLiteralLike(value) || typescript.isTemplateExpression(value)) continue;
      const seconds = typescript.isNumericLiteral(value)
        ? `"${value.text}s"`
        : `\`\${${file.textOf(value)}}s\``;
      file.replace(value, seconds);
      plan.note(
        "rewritten",
        file.path,
        file.lineOf(one),
        `ttl ${file.textOf(value)} -> ${seconds}: seconds take their unit`,
      );
    }
  });
}
