/**
 * The command `schema`: JSON Schema 2020-12 of a type or an endpoint, for code generators, forms and validators of
 * other languages.
 *
 * A word of the form `GET /path` names an endpoint, anything else an exported type. Types are read from the sources
 * (they need not be used by an endpoint), endpoints from the manifest. Named types that the printed one refers to
 * stand in `$defs`.
 */
import {
  exportedType,
  formatProblem,
  type EndpointModel,
  type Manifest,
  type NamedPlace,
} from "@twinloop/compiler";
import { JsonSchemas, nearest, type SchemaObject } from "@twinloop/core-native/build-time";
import type { Command, CommandLine } from "@twinloop/core-native/cli";

/** The dialect of the printed schemas. Source: JSON Schema 2020-12, Core, section 8.1.1. */
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

/**
 * Prints an exported type. Shape: -> the exit code: 1 where no file, or more than one, exports such a type, or the
 * sources have problems.
 */
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

/** The message for a type that is not exported: the nearest name, or the first 20 names that are. */
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

/**
 * Prints what an endpoint is sent, or with `--response` what it answers. Shape: -> the exit code: 1 where the app has
 * no such endpoint, or its schema exists at run time alone.
 */
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

/** Whether an endpoint takes a method; `*` takes every one. */
function takes({ methods }: EndpointModel, method: string): boolean {
  return methods.includes(method) || methods.includes("*");
}

/**
 * The request as the handler declares it: what comes from path, query, headers and cookies beside what comes from the
 * body. An endpoint without input has `{ "not": {} }`, which no value fits; a stream without a handshake type has its
 * incoming messages.
 */
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

/**
 * The body of an answer, or the messages of a stream or event stream; `{ "not": {} }` where nothing is sent. Headers
 * and the status are not part of it.
 */
function responseOf({ response, outgoing }: EndpointModel, schemas: JsonSchemas): SchemaObject {
  const body = outgoing ?? response?.body ?? null;
  return body === null ? { not: {} } : schemas.of(body);
}

/** Prints a schema with the definitions that it refers to. Shape: -> 0, the exit code. */
function print(schema: SchemaObject, schemas: JsonSchemas, title: string): number {
  const shared = schemas.shared;
  const defs = Object.keys(shared).length === 0 ? {} : { $defs: shared };
  process.stdout.write(`${JSON.stringify({ $schema: DIALECT, title, ...schema, ...defs }, null, 2)}\n`);
  return 0;
}

/** Writes a message to stderr. Shape: -> the exit code that it was given. */
function refused(message: string, code: number): number {
  process.stderr.write(`${message}\n`);
  return code;
}
