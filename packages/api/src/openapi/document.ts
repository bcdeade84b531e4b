import {
  JsonSchemas,
  type EndpointModel,
  type SchemaObject,
  type Manifest,
} from "@twinloop/core-native/build-time";
import { ErrorResponses } from "./error-responses.ts";
import type { Shared } from "./operation.ts";
import type { OpenApiDocument, OpenApiOptions } from "./options.ts";
import { pathsOf } from "./paths.ts";
import { SecuritySchemes } from "./security.ts";
import { streamsNote } from "./streams.ts";

/**
 * Makes the OpenAPI 3.1 document of an app from its manifest.
 *
 * Shape:  the manifest, and what the document says beside it -> the document: operations by path, each type with a name once,
 *         the errors, and the auth handlers. The same manifest gives the same document, in the same order.
 * Limits: what OpenAPI cannot express stands in descriptions and in `x-twinloop-…`; operations that it has no place for are
 *         listed in `x-twinloop-left-out`. Folders of static files, health probes and endpoints with `@hidden` or `@internal`
 *         are left out.
 * Source: OpenAPI Specification 3.1.1.
 * Example:
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { openApiDocument } from "@twinloop/api/openapi";
 *
 * const manifest = JSON.parse(await readFile(".twinloop/manifest.json", "utf8"));
 * const document = openApiDocument(manifest, { title: "Links", servers: ["https://links.example"] });
 * ```
 */
export function openApiDocument(manifest: Manifest, options: OpenApiOptions = {}): OpenApiDocument {
  const endpoints = manifest.endpoints.filter((endpoint) => isShown(endpoint, options));
  const schemas = new JsonSchemas(manifest.types, { prefix: "#/components/schemas/", discriminators: true });
  const errors = new ErrorResponses((name) => {
    let free = name;
    while (schemas.isTaken(free)) free = `Twinloop${free}`;
    return free;
  });
  const shared: Shared = { manifest, schemas, errors, security: new SecuritySchemes(manifest) };
  const { paths, leftOut } = pathsOf(endpoints, shared);
  const { title = "API", version = "0.0.0", description, servers } = options;
  const tags = tagsOf(manifest, paths);
  const told = [description ?? "", streamsNote(endpoints)].filter((one) => one !== "").join("\n\n");
  return {
    openapi: "3.1.1",
    info: { title, version, ...(told === "" ? {} : { description: told }) },
    ...(servers === undefined || servers.length === 0 ? {} : { servers: servers.map((url) => ({ url })) }),
    ...(tags.length === 0 ? {} : { tags }),
    paths,
    components: componentsOf(shared, endpoints),
    ...(leftOut.length === 0 ? {} : { "x-twinloop-left-out": leftOut }),
  };
}

/**
 * Whether an endpoint stands in the document: an exposed one without `@hidden`, or with `private` every one that has a
 * handler.
 */
function isShown(
  { kind, options, docTags }: EndpointModel,
  { private: all = false }: OpenApiOptions,
): boolean {
  if (kind === "static") return false;
  if (all) return true;
  return options?.["expose"] === true && docTags?.hidden !== true;
}

/** The services of the operations, with their doc comments. */
function tagsOf(
  { declarations }: Manifest,
  paths: OpenApiDocument["paths"],
): { name: string; description?: string }[] {
  const used = Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ tags }) => tags));
  return [...new Set(used)].sort().map((name) => {
    const doc = declarations.find((one) => one.what === "Service" && one.name === name)?.doc;
    return doc === undefined ? { name } : { name, description: doc };
  });
}

/**
 * The components that the operations refer to; a section without any is left out. Security schemes stand there where an
 * endpoint asks for one.
 */
function componentsOf(
  { schemas, errors, security }: Shared,
  endpoints: readonly EndpointModel[],
): OpenApiDocument["components"] {
  const { responses, schemas: ofErrors } = errors.components;
  const used = endpoints.some(({ auth }) => auth !== undefined) ? security.schemes : {};
  const sections: Record<string, Record<string, SchemaObject>> = {
    schemas: { ...schemas.shared, ...ofErrors },
    responses,
    securitySchemes: used,
  };
  return Object.fromEntries(
    Object.entries(sections).filter(([, section]) => Object.keys(section).length > 0),
  );
}
