import { functionOf, type WrittenFunction } from "./function-writer.ts";
import type { EndpointOf, ManifestOf } from "./ir.ts";
import { javaScriptFunction, javaScriptType, typeScriptFunction, typeScriptType } from "./language.ts";
import { Names } from "./names.ts";
import { runtimeNames, runtimeText } from "./runtime-text.ts";
import { TypeWriter } from "./type-writer.ts";

/** What a generated client is made of beside the manifest. */
export interface ClientFileOptions {
  readonly lang: "ts" | "js";
  /** The app's name and version, as its package.json has them. */
  readonly app: string;
  /** The services to write; all without any. */
  readonly services?: readonly string[] | undefined;
}

/**
 * Writes a client of an app as one file that imports nothing: a function for each exposed endpoint, its types, and the code that
 * they share.
 *
 * Shape:  the same manifest gives the same text.
 */
export function clientFile(
  { types, endpoints }: ManifestOf,
  { lang, app, services }: ClientFileOptions,
): string {
  const names = new Names([...runtimeNames(), "Client", "createClient"]);
  const writer = new TypeWriter(types, names);
  const written = offered({ endpoints }, services)
    .sort((one, other) => compare(orderOf(one), orderOf(other)))
    .map((endpoint) => functionOf(endpoint, types, writer, names));
  const declared = [...writer.declared, ...written.flatMap(({ declares }) => declares)];
  const parts = [
    `// Written by \`twinloop client --lang ${lang}\` from the types of the app: change these, then run it again.`,
    lang === "js"
      ? "// @ts-check\n// @ts-nocheck The functions have types; the code below them was checked where it comes from."
      : "",
    clientText(lang),
    ...written.map(lang === "ts" ? typeScriptFunction : javaScriptFunction),
    ...declared.map(lang === "ts" ? typeScriptType : javaScriptType),
    "// What the functions share.",
    runtimeText(lang, partsOf(written)),
    `// The client of ${app}.`,
  ];
  return `${parts
    .filter(Boolean)
    .join("\n\n")
    .replaceAll(/\n{3,}/g, "\n\n")}\n`;
}

/** The endpoints that a client of the app, or of some of its services, has functions of. */
export function offered(
  { endpoints }: Pick<ManifestOf, "endpoints">,
  services: readonly string[] | undefined,
): EndpointOf[] {
  return endpoints.filter(
    (endpoint) => isCallable(endpoint) && (services === undefined || services.includes(endpoint.service)),
  );
}

/** Whether callers outside of the app reach an endpoint by a function; files are reached by their address. */
export function isCallable({ kind, options, unread }: EndpointOf): boolean {
  return kind !== "static" && (options?.["expose"] === true || unread?.includes("expose") === true);
}

/** The parts of the shared code that the written functions use, by the calls in their bodies. */
function partsOf(written: readonly WrittenFunction[]): Parameters<typeof runtimeText>[1] {
  const code = written.flatMap(({ body }) => body).join("\n");
  return {
    bodies: /\b(form|multipart|text|bytes)\(/.test(code),
    events: code.includes("follow("),
    connections: code.includes("openConnection("),
  };
}

/** The type `Client` and the function `createClient`, which both languages have first. */
function clientText(lang: "ts" | "js"): string {
  const doc = [
    "/**",
    " * Makes what the functions are given first: where the app is, and how it is called.",
    " *",
    " * Errors: `invalid_base_url`; of the functions, an `APIError`.",
    ' * Example: `const client = createClient("https://api.example.com", { retry: retry() });`',
    ...(lang === "js"
      ? [
          " *",
          " * @param {string | URL} baseUrl",
          " * @param {ClientOptions} [options]",
          " * @returns {Client}",
        ]
      : []),
    " */",
  ].join("\n");
  if (lang === "js")
    return `${doc}\nexport function createClient(baseUrl, options = {}) {\n  return { ...options, base: baseOf(baseUrl) };\n}\n\n${JS_TYPES}`;
  return `/** An app, and how it is called. */\nexport type Client = ClientSettings;\n\n${doc}\nexport function createClient(baseUrl: string | URL, options: ClientOptions = {}): Client {\n  return { ...options, base: baseOf(baseUrl) };\n}`;
}

/** The types that TypeScript has in the shared code and that JavaScript has lost by the build. */
const JS_TYPES = `/**
 * An app, and how it is called.
 * @typedef {ClientOptions & { base: string }} Client
 */

/**
 * What a single call may say of itself.
 * @typedef {{ signal?: AbortSignal; headers?: Record<string, unknown>; timeout?: number; retry?: Function | false; query?: Record<string, unknown> }} CallOptions
 */

/**
 * The options of a client, which hold for all of its calls.
 * @typedef {{ signal?: AbortSignal; headers?: Record<string, unknown> | (() => Record<string, unknown> | Promise<Record<string, unknown>>); timeout?: number; retry?: Function | false; credentials?: RequestCredentials; fetch?: (url: string, init: RequestInit) => Promise<Response> }} ClientOptions
 */

/**
 * What \`fetch\` sends as a body.
 * @typedef {NonNullable<RequestInit["body"]> | null} RequestBody
 */

/**
 * The options of an event stream.
 * @typedef {CallOptions & { lastEventId?: string; reconnect?: boolean; retryDelay?: number; reconnects?: number }} EventOptions
 */

/**
 * The options of a WebSocket.
 * @typedef {CallOptions & { WebSocket?: Function }} ConnectOptions
 */`;

/** The place of a function in the file: by service and name, whatever the order of the sources. */
function orderOf({ service, export: name, path, methods }: EndpointOf): string {
  return [service, name ?? "", path, ...methods].join("\n");
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
