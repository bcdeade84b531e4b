/** What an OpenAPI document says of the app beside its endpoints, and which of these it has. */
export interface OpenApiOptions {
  /** The name of the API. Default: the name in the app's package.json, or `API`. */
  readonly title?: string | undefined;
  /** The version of the API. Default: the version in the app's package.json, or `0.0.0`. */
  readonly version?: string | undefined;
  /** What the API is for, as Markdown. Default: the description in the app's package.json. */
  readonly description?: string | undefined;
  /** The URLs under which the API is reached. Default: the server that the document comes from. */
  readonly servers?: readonly string[] | undefined;
  /** Whether endpoints that are not exposed stand in the document too. Default false. */
  readonly private?: boolean | undefined;
}

/**
 * How the running app serves its OpenAPI document: `start({ openapi: { page: "/docs" } })`.
 *
 * Errors: `start()` refuses a path with parameters, a page at the document's path, and a page without the package
 *         `@scalar/api-reference`.
 */
export interface ServedOpenApi extends OpenApiOptions {
  /** The path of the document. Default `/openapi.json`. An endpoint of the app with this path stays. */
  readonly path?: string | undefined;
  /**
   * The path of a page to read the document and try it, such as `/docs`: Scalar's, from the npm package `@scalar/api-reference`, which the
   * app installs. Default: none.
   */
  readonly page?: string | undefined;
}

/** An OpenAPI document of version 3.1, as a value for `JSON.stringify`. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What the document could not express, one sentence each. */
  readonly "x-twinloop-left-out"?: readonly string[];
}

/** An endpoint in a document. */
export interface DescribedEndpoint {
  readonly operationId: string;
  /** The endpoint's service, and its own tags. */
  readonly tags: readonly string[];
  readonly [member: string]: unknown;
}

/** One operation of a document. */
export interface Operation extends DescribedEndpoint {
  readonly responses: Readonly<Record<string, unknown>>;
}

/** What is under one path: operations by their method in lower case, and a WebSocket as `x-twinloop-stream`. */
export type PathItem = Readonly<Record<string, DescribedEndpoint>>;
