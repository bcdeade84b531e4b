/**
 * OpenAPI documents of an app, made from its manifest. Importing this entry starts nothing and loads no addon, so that build
 * scripts can use it; `npx @twinloop/cli openapi` prints the same document.
 *
 * @packageDocumentation
 */
export { openApiDocument } from "./document.ts";
export type { DescribedEndpoint, OpenApiDocument, OpenApiOptions, Operation, PathItem } from "./options.ts";
