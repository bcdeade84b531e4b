import {
  exportedType,
  formatProblem,
  type EndpointModel,
  type Manifest,
  type NamedPlace,
} from "@twinloop/compiler";
import { JsonSchemas, nearest, type SchemaObject } from "@twinloop/core-native/build-time";
import type { Command, CommandLine } from "@twinloop/core-native/cli";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** Prints a type of the app, or the request or answer of an endpoint, as JSON Schema. */
export const schemaCommand: Command = {
  usage: [
    ["schema <Type> [--file <file>]", "print an exported type of the app as JSON Schema 2020-12"],
    ['schema "<METHOD> <path>" [--response]', "print what an endpoint is sent, or what it answers"],
  ],
  options: {
    file: { type: "text", value: "<file>", meaning: "schema: the file that exports the type" },
    response: { type: "flag", meaning: "schema: of an endpoint, its answer" },
  },
  run: async (line) => {
    const [name, ...more] = line.words;
    if (name === undefined || more.length > 0)
      return refused('Name one type, or an endpoint in quotes: `twinloop schema "GET /links"`.', 2);
    const [, method, path] = /^([A-Za-z*]+)\s+(\/.*)$/.exec(name) ?? [];
    return method === undefined ? ofType(line, name) : ofEndpoint(line, method.toUpperCase(), path!);
  },
};

function ofType({ root, options }: CommandLine, name: string): number {
  const file = (options["file"] as string | undefined)?.replace(/^\.\//, "");
  const tsconfig = options["tsconfig"] as string | undefined;
  const { known, found, types, problems } = exportedType(root, {
    ...{ name, file },
    ...(tsconfig === undefined ? {} : { tsconfig }),
  });
  if (problems.length > 0) {
    return refused(problems.map((problem) => formatProblem(problem, { projectRoot: root })).join("\n\n"), 1);
  }
  if (found.length > 1) {
    const files = found.map((place) => place.file).join(", ");
    return refused(`${name} is exported by ${files}: say which with --file.`, 1);
  }
  if (types.length === 0) return refused(notFound(name, file, known), 1);
  const schemas = new JsonSchemas(types);
  return print(schemas.inline(0), schemas, name);
}

function notFound(name: string, file: string | undefined, known: readonly NamedPlace[]): string {
  const where = file === undefined ? "The app exports" : `${file} exports`;
  const names = [
    ...new Set(known.filter((one) => file === undefined || one.file === file).map((one) => one.name)),
  ].sort();
  const near = nearest(name, names);
  const hint =
    near !== null
      ? `Did you mean ${near}?`
      : names.length === 0
        ? "Export an interface, a type or an enum."
        : `It exports ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}.`;
  return `${where} no type ${name}. ${hint}`;
}

async function ofEndpoint(line: CommandLine, method: string, path: string): Promise<number> {
  const manifest = await line.manifest();
  const endpoint = manifest.endpoints.find((one) => one.path === path && takes(one, method));
  if (endpoint === undefined) {
    const routes = manifest.endpoints.map((one) => `${one.methods.join(",")} ${one.path}`);
    const near = nearest(`${method} ${path}`, routes);
    const hint = near === null ? `The app has ${routes.join("; ")}.` : `Did you mean ${near}?`;
    return refused(`The app has no endpoint ${method} ${path}. ${hint}`, 1);
  }
  const isResponse = line.options["response"] === true;
  const from = isResponse ? endpoint.responseFrom : endpoint.requestFrom;
  if (from !== undefined) {
    return refused(
      `The schema of ${method} ${path} is a value of the running app: its /openapi.json has it.`,
      1,
    );
  }
  const schemas = new JsonSchemas(manifest.types);
  const schema = isResponse ? responseOf(endpoint, schemas) : requestOf(endpoint, manifest, schemas.input);
  return print(schema, schemas, `${method} ${path}`);
}

function takes({ methods }: EndpointModel, method: string): boolean {
  return methods.includes(method) || methods.includes("*");
}

/** The request as the handler declares it: what comes from path, query, headers and cookies beside what comes from the body. */
function requestOf(
  { request, incoming }: EndpointModel,
  { types }: Manifest,
  schemas: JsonSchemas,
): SchemaObject {
  if (request === null) return incoming === undefined ? { not: {} } : schemas.of(incoming);
  const { fields, body } = request;
  const node = body === null ? undefined : types[body];
  if (fields.length === 0) return body === null ? { not: {} } : schemas.of(body);
  const own = node?.kind === "object" ? schemas.inline(body!) : {};
  const properties = fields.map(({ name, type }) => [name, schemas.of(type)] as const);
  const required = fields.filter(({ optional }) => !optional).map(({ name }) => name);
  return {
    ...own,
    type: "object",
    properties: { ...Object.fromEntries(properties), ...(own["properties"] as object) },
    required: [...required, ...((own["required"] as string[] | undefined) ?? [])],
  };
}

function responseOf({ response, outgoing }: EndpointModel, schemas: JsonSchemas): SchemaObject {
  const body = outgoing ?? response?.body ?? null;
  return body === null ? { not: {} } : schemas.of(body);
}

function print(schema: SchemaObject, schemas: JsonSchemas, title: string): number {
  const shared = schemas.shared;
  const defs = Object.keys(shared).length === 0 ? {} : { $defs: shared };
  process.stdout.write(`${JSON.stringify({ $schema: DIALECT, title, ...schema, ...defs }, null, 2)}\n`);
  return 0;
}

function refused(message: string, code: number): number {
  process.stderr.write(`${message}\n`);
  return code;
}
