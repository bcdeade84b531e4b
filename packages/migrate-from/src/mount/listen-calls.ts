import type ts from "typescript-6";
import { bindingsOf } from "../encore/bindings.ts";
import { typescript, type SourceFile } from "../source-file.ts";

/** How a file makes or gets the app that listens. */
export interface AppVariable {
  /** The expression that is mounted: a variable of the file's top level. */
  readonly name: string;
  /** The statement behind which the app can be mounted. */
  readonly statement: ts.Statement;
  readonly line: number;
}

/** A call of `listen`, and the app behind it. */
export interface ListenCall {
  readonly call: ts.CallExpression;
  readonly line: number;
  /** Null where the app cannot be told, or is no variable of the file's top level. */
  readonly app: AppVariable | null;
  /** Why the app cannot be mounted as it is. */
  readonly obstacle: string | null;
  /** The declaration of a server around the app, which goes. */
  readonly server: ts.Statement | null;
}

/** Which calls make an app, and which a server around one. */
const SERVER = /^(?:(?:http|node:http)\.)?createServer$|^new Server$/;

/** The lines with a call of `listen` that are not among those which start an app. */
export function otherListenLines(file: SourceFile, known: readonly ListenCall[]): number[] {
  const lines: number[] = [];
  file.walk((node) => {
    if (!typescript.isCallExpression(node) || !typescript.isPropertyAccessExpression(node.expression)) return;
    if (node.expression.name.text === "listen" && !known.some(({ call }) => call === node))
      lines.push(file.lineOf(node));
  });
  return lines;
}

/** Finds the calls of `listen` that start an app of `framework`: `express`, `fastify`. */
export function listenCalls(file: SourceFile, framework: string): ListenCall[] {
  const found: ListenCall[] = [];
  file.walk((node) => {
    if (!typescript.isCallExpression(node) || !typescript.isPropertyAccessExpression(node.expression)) return;
    if (node.expression.name.text !== "listen") return;
    const one = readCall(node, node.expression.expression, { file, framework });
    if (one !== null) found.push(one);
  });
  return found;
}

interface Where {
  readonly file: SourceFile;
  readonly framework: string;
}

function readCall(call: ts.CallExpression, receiver: ts.Expression, where: Where): ListenCall | null {
  const { file } = where;
  const base = { call, line: file.lineOf(call), server: null };
  const inner = appOfServer(receiver, file);
  if (inner !== null) return { ...base, ...namedApp(inner, where) };
  if (!typescript.isIdentifier(receiver)) return null;
  const declared = topLevel(receiver.text, file);
  const serverOf = declared?.initializer ? appOfServer(declared.initializer, file) : null;
  if (serverOf !== null)
    return serverCall(base, receiver.text, { ...where, declared: declared!, inner: serverOf });
  if (!isApp(receiver.text, where)) return null;
  return { ...base, ...namedApp(receiver, where) };
}

/** `server.listen()` where `const server = createServer(app)`. */
function serverCall(
  base: { call: ts.CallExpression; line: number },
  server: string,
  { file, framework, declared, inner }: Where & { declared: Declared; inner: ts.Expression },
): ListenCall {
  const uses = usesOf(server, file).filter((node) => node.getStart() !== base.call.expression.getStart());
  const others = uses.filter((node) => !typescript.isVariableDeclaration(node.parent));
  const { app, obstacle } = namedApp(inner, { file, framework });
  const lines = [...new Set(others.map((node) => file.lineOf(node)))].join(", ");
  const used =
    others.length === 0
      ? null
      : `the server \`${server}\` is used in line ${lines}: Twinloop owns the server, and gives none`;
  return { ...base, app, obstacle: obstacle ?? used, server: declared.statement };
}

function namedApp(node: ts.Expression, { file }: Where): Pick<ListenCall, "app" | "obstacle"> {
  if (!typescript.isIdentifier(node))
    return { app: null, obstacle: "the app has no name in this file: give it a variable" };
  // JavaScript declares when it runs, so that a function may; TypeScript is read by the compiler first.
  const declared = topLevel(node.text, file) ?? (/\.[cm]?js$/.test(file.path) ? within(node, file) : null);
  if (declared === null)
    return {
      app: null,
      obstacle: `\`${node.text}\` is made within a function: move it to the top level of the file`,
    };
  const app = { name: node.text, statement: declared.statement, line: file.lineOf(declared.statement) };
  return { app, obstacle: null };
}

interface Declared {
  readonly statement: ts.Statement;
  readonly initializer: ts.Expression | undefined;
}

/** The top-level statement that binds a name: a variable, or an import. */
function topLevel(name: string, file: SourceFile): Declared | null {
  for (const statement of file.tree.statements) {
    if (typescript.isVariableStatement(statement)) {
      const found = statement.declarationList.declarations.find((one) => bindsName(one.name, name));
      if (found !== undefined) return { statement, initializer: found.initializer };
    }
    const isImport = typescript.isImportDeclaration(statement);
    if (isImport && bindingsOf(file).some(({ local, node }) => local === name && isWithin(node, statement)))
      return { statement, initializer: undefined };
    if (typescript.isImportEqualsDeclaration(statement) && statement.name.text === name)
      return { statement, initializer: undefined };
  }
  return null;
}

/** The statement of the function around a place that declares a variable. */
function within(place: ts.Identifier, file: SourceFile): Declared | null {
  for (let block: ts.Node = place.parent; block !== file.tree; block = block.parent) {
    if (!typescript.isBlock(block)) continue;
    for (const statement of block.statements) {
      if (!typescript.isVariableStatement(statement)) continue;
      const found = statement.declarationList.declarations.find((one) => bindsName(one.name, place.text));
      if (found !== undefined) return { statement, initializer: found.initializer };
    }
  }
  return null;
}

function isWithin(node: ts.Node, statement: ts.Node): boolean {
  return node.getStart() >= statement.getStart() && node.getEnd() <= statement.getEnd();
}

/** The app in `createServer(app)`; null for anything else. */
function appOfServer(node: ts.Expression, file: SourceFile): ts.Expression | null {
  if (!typescript.isCallExpression(node) && !typescript.isNewExpression(node)) return null;
  const called = `${typescript.isNewExpression(node) ? "new " : ""}${file.textOf(node.expression)}`;
  return SERVER.test(called) ? (node.arguments?.at(-1) ?? null) : null;
}

/** Whether a name stands for an app: made here by the framework or by a function, or got from another file. */
function isApp(name: string, { file, framework }: Where): boolean {
  const made = new RegExp(
    `^(?:await )?(?:${framework}|require\\(["']${framework}["']\\))(?:\\.default)?(?:<.*>)?\\s*\\(`,
    "is",
  );
  let isFound = false;
  file.walk((node) => {
    if (!typescript.isVariableDeclaration(node) || !bindsName(node.name, name) || !node.initializer) return;
    const text = node.initializer.getText();
    const isRequired = /^\(?(?:await import|require)\(["']\.{1,2}\//.test(text);
    if (made.test(text) || isRequired || /^(?:await )?\w*(?:app|server|build|create)\w*\(/i.test(text))
      isFound = true;
  });
  return (
    isFound ||
    bindingsOf(file).some(
      ({ local, specifier }) => local === name && (specifier.startsWith(".") || /app|server/i.test(local)),
    )
  );
}

/** Whether a variable, or a pattern such as `{ app }`, binds a name. */
function bindsName(binding: ts.BindingName, name: string): boolean {
  if (typescript.isIdentifier(binding)) return binding.text === name;
  return binding.elements.some((one) => typescript.isBindingElement(one) && bindsName(one.name, name));
}

/** The places where a name is used as a value. */
export function usesOf(name: string, file: SourceFile): ts.Identifier[] {
  const found: ts.Identifier[] = [];
  file.walk((node) => {
    if (!typescript.isIdentifier(node) || node.text !== name) return;
    const { parent } = node;
    if (typescript.isPropertyAccessExpression(parent) && parent.name === node) return;
    if (typescript.isPropertyAssignment(parent) && parent.name === node) return;
    found.push(node);
  });
  return found;
}
