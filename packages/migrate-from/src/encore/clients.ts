import type ts from "typescript-6";
import type { Plan } from "../plan.ts";
import { typescript, type SourceFile } from "../source-file.ts";
import { specifierOf, type Ending } from "./bindings.ts";
import type { EncoreService } from "./services.ts";

const CLIENTS = "~encore/clients";

/** What the clients of an app's services are rewritten by. */
export interface ServiceClients {
  readonly services: readonly EncoreService[];
  readonly plan: Plan;
  readonly ending: Ending;
}

/** Rewrites `~encore/clients` to the modules of the services: their endpoints are functions, and are called as such. */
export function rewriteClients(file: SourceFile, options: ServiceClients): void {
  const { plan } = options;
  for (const statement of file.tree.statements) {
    if (!typescript.isImportDeclaration(statement)) continue;
    const literal = statement.moduleSpecifier as ts.StringLiteral;
    if (literal.text !== CLIENTS) continue;
    const named = statement.importClause?.namedBindings;
    if (named && typescript.isNamedImports(named)) rewriteImport(statement, named, file, options);
    else if (named) rewriteNamespace(literal, file, options);
  }
  file.walk((node) => {
    if (!typescript.isStringLiteralLike(node) || node.text !== CLIENTS) return;
    if (typescript.isImportDeclaration(node.parent)) return;
    const message = "~encore/clients by its name: name the module of the service instead";
    plan.note("left", file.path, file.lineOf(node), message);
  });
}

function rewriteImport(
  statement: ts.ImportDeclaration,
  named: ts.NamedImports,
  file: SourceFile,
  options: ServiceClients,
): void {
  const { services, plan, ending } = options;
  const quote = file.textOf(statement.moduleSpecifier)[0]!;
  const isTypeOnly = statement.importClause?.phaseModifier === typescript.SyntaxKind.TypeKeyword;
  const lines: string[] = [];
  const left: string[] = [];
  for (const one of named.elements) {
    const name = (one.propertyName ?? one.name).text;
    // In a client's name, what cannot stand in a name of JavaScript is an underscore.
    const service = services.find((each) => each.name === name || each.name.replaceAll("-", "_") === name);
    const module = service === undefined ? null : moduleOf(service, options);
    if (module === null) {
      left.push(file.textOf(one));
      const why =
        service === undefined
          ? `there is no service \`${name}\``
          : `the service \`${name}\` has no endpoints`;
      plan.note("left", file.path, file.lineOf(one), `${why}, which ~encore/clients is asked for`);
      continue;
    }
    const target = specifierOf(file.path, module, ending);
    lines.push(`import ${isTypeOnly ? "type " : ""}* as ${one.name.text} from ${quote}${target}${quote};`);
    plan.note("rewritten", file.path, file.lineOf(one), `${CLIENTS} -> ${target}, as \`${one.name.text}\``);
    noteStreams(one.name.text, service!, file, plan);
  }
  if (lines.length === 0) return;
  if (left.length > 0) lines.push(`import { ${left.join(", ")} } from ${quote}${CLIENTS}${quote};`);
  file.replace(statement, lines.join("\n"));
}

function rewriteNamespace(literal: ts.StringLiteral, file: SourceFile, options: ServiceClients): void {
  const { services, plan, ending } = options;
  const made = "encore.clients.ts";
  const lines = services.flatMap((service) => {
    const module = moduleOf(service, options);
    const name = service.name.replaceAll("-", "_");
    return module === null ? [] : [`export * as ${name} from "${specifierOf(made, module, ending)}";`];
  });
  if (plan.write(made, `${lines.join("\n")}\n`)) plan.note("created", made, 0, "the services by their names");
  const target = specifierOf(file.path, made, ending);
  file.replaceString(literal, target);
  plan.note("rewritten", file.path, file.lineOf(literal), `${CLIENTS} -> ${target}`);
}

/** The module that has all endpoints of a service: its own, or one that is made of several; null without endpoints. */
function moduleOf({ name, folder, modules }: EncoreService, { plan, ending }: ServiceClients): string | null {
  const offering = modules.flatMap(({ file, endpoints }) => {
    const names = endpoints.flatMap((endpoint) => (endpoint.name === "" ? [] : endpoint.name));
    return names.length === 0 ? [] : [{ path: file.path, names }];
  });
  if (offering.length < 2) return offering[0]?.path ?? null;
  const path = `${folder === "" ? "" : `${folder}/`}${name}.clients.ts`;
  const lines = offering.map(
    (one) => `export { ${one.names.join(", ")} } from "${specifierOf(path, one.path, ending)}";`,
  );
  if (
    plan.write(
      path,
      `// The endpoints of the service "${name}", for callers in other services.\n${lines.join("\n")}\n`,
    )
  ) {
    plan.note("created", path, 0, `the endpoints of the service "${name}", which ~encore/clients was`);
  }
  return path;
}

/** Reports calls of streams and raw endpoints, which are for clients outside of the app. */
function noteStreams(local: string, service: EncoreService, file: SourceFile, plan: Plan): void {
  const kinds = new Map(
    service.modules.flatMap(({ endpoints }) => endpoints.map((one) => [one.name, one.kind])),
  );
  file.walk((node) => {
    if (!typescript.isPropertyAccessExpression(node) || node.expression.getText() !== local) return;
    const kind = kinds.get(node.name.text) ?? "api";
    const place = file.lineOf(node);
    if (node.name.text === "ref")
      plan.note("left", file.path, place, `\`${local}.ref()\`: pass the module itself`);
    else if (kind !== "api") {
      const message = `\`${local}.${node.name.text}\` is api.${kind}, which code of the app cannot call: call it over HTTP`;
      plan.note("left", file.path, place, message);
    }
  });
}
