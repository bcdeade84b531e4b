import {
  JsonSchemas,
  type EndpointModel,
  type JsonSchema,
  type Manifest,
} from "@twinloop/core-native/build-time";
import { ErrorResponses } from "./error-responses.ts";
import { OperationNames } from "./operation-names.ts";
import { operationOf, type Shared } from "./operation.ts";
import type { OpenApiDocument, OpenApiOptions, Operation } from "./options.ts";
import { PathTemplates } from "./path-template.ts";
import { SecuritySchemes } from "./security.ts";

/** The methods that stand for `*`. TRACE is none that clients send. */
const ANY_METHOD = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/**
 * Makes the OpenAPI 3.1 document of an app from its manifest.
 *
 * Shape:  the manifest, and what the document says beside it -> the document: operations by path, each type with a name once, the
 *         errors, and the auth handlers. The same manifest gives the same document, in the same order.
 * Limits: what OpenAPI cannot express stands in descriptions and in `x-twinloop-…`; operations that it has no place for are listed in
 *         `x-twinloop-left-out`. Folders of static files, health probes and endpoints with `@hidden` or `@internal` are left out.
 * Source: OpenAPI Specification 3.1.1.
 */
export function openApiDocument(manifest: Manifest, options: OpenApiOptions = {}): OpenApiDocument {
  const endpoints = manifest.endpoints.filter((endpoint) => isShown(endpoint, options));
  const schemas = new JsonSchemas(manifest.types, { prefix: "#/components/schemas/", discriminators: true });
  const own = new Set(
    manifest.types.flatMap((node) => ("name" in node && node.name !== undefined ? [node.name] : [])),
  );
  const errors = new ErrorResponses((name) => {
    let free = name;
    while (own.has(free)) free = `Twinloop${free}`;
    return free;
  });
  const shared: Shared = { manifest, schemas, errors, security: new SecuritySchemes(manifest) };
  const { paths, leftOut } = pathsOf(endpoints, shared);
  const { title = "API", version = "0.0.0", description, servers } = options;
  const tags = tagsOf(manifest, paths);
  return {
    openapi: "3.1.1",
    info: { title, version, ...(description ? { description } : {}) },
    ...(servers === undefined || servers.length === 0 ? {} : { servers: servers.map((url) => ({ url })) }),
    ...(tags.length === 0 ? {} : { tags }),
    paths,
    components: componentsOf(shared, endpoints),
    ...(leftOut.length === 0 ? {} : { "x-twinloop-left-out": leftOut }),
  };
}

function isShown(
  { kind, options, docTags }: EndpointModel,
  { private: all = false }: OpenApiOptions,
): boolean {
  if (kind === "static") return false;
  if (all) return true;
  return options?.["expose"] === true && docTags?.hidden !== true;
}

function pathsOf(
  endpoints: readonly EndpointModel[],
  shared: Shared,
): { paths: Record<string, Record<string, Operation>>; leftOut: string[] } {
  const paths = new Map<string, Record<string, Operation>>();
  const leftOut: string[] = [];
  const templates = new PathTemplates();
  const names = new OperationNames(endpoints);
  // What is named keeps its template; what takes the rest of a path comes behind it, as in routing.
  const ordered = [...endpoints].sort(
    (a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
  );
  for (const endpoint of ordered) {
    const template = templates.of(endpoint.path);
    const methods = endpoint.methods.includes("*") ? ANY_METHOD : endpoint.methods;
    const item = paths.get(template.path) ?? {};
    paths.set(template.path, item);
    for (const method of methods) {
      const key = method.toLowerCase();
      if (key in item) {
        leftOut.push(
          `${method} ${endpoint.path}: OpenAPI cannot tell its path from that of ${item[key]!.operationId}.`,
        );
        continue;
      }
      const name = names.of(endpoint, key, template.path, methods.length === 1);
      item[key] = operationOf(endpoint, key, template, name, shared);
    }
  }
  return { paths: Object.fromEntries([...paths].sort(([a], [b]) => (a < b ? -1 : 1))), leftOut };
}

function rank({ path }: EndpointModel): number {
  const last = path.split("/").at(-1) ?? "";
  return last.startsWith("!") ? 2 : last.startsWith("*") ? 1 : 0;
}

/** The services of the operations, with their doc comments. */
function tagsOf(
  { declarations }: Manifest,
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>,
): { name: string; description?: string }[] {
  const used = Object.values(paths).flatMap((item) =>
    Object.values(item).flatMap(({ tags }) => tags as string[]),
  );
  return [...new Set(used)].sort().map((name) => {
    const doc = declarations.find((one) => one.what === "Service" && one.name === name)?.doc;
    return doc === undefined ? { name } : { name, description: doc };
  });
}

function componentsOf(
  { schemas, errors, security }: Shared,
  endpoints: readonly EndpointModel[],
): OpenApiDocument["components"] {
  const { responses, schemas: ofErrors } = errors.components;
  const used = endpoints.some(({ auth }) => auth !== undefined) ? security.schemes : {};
  const sections: Record<string, Record<string, JsonSchema>> = {
    schemas: { ...schemas.shared, ...ofErrors },
    responses,
    securitySchemes: used,
  };
  return Object.fromEntries(
    Object.entries(sections).filter(([, section]) => Object.keys(section).length > 0),
  );
}
