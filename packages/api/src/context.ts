import { Work } from "@twinloop/core-native/internal";
import type { AuthData, KnownCaller } from "./auth/auth-data.ts";
import type { BodyReader } from "./body/body-reader.ts";
import type { ClientCertificate } from "./connection/listen-types.ts";
import { UNKNOWN_ENDPOINT, type EndpointMeta } from "./endpoint-meta.ts";
import type { Method } from "./options.ts";
import { pathParamsOf } from "./path-params.ts";
import { requestHeaders, type RequestHeaders } from "./request-headers.ts";

/**
 * An endpoint in the words of Encore's `APICallMeta`, so that code which was written for it reads `currentRequest().api`
 * unchanged.
 */
export interface APIDesc {
  /** The name of the service that the endpoint belongs to. */
  readonly service: string;
  /** The endpoint's name: its export, or its route where it is not exported. */
  readonly endpoint: string;
  /** Whether the endpoint is a raw endpoint. */
  readonly raw: boolean;
  /** Whether the endpoint needs a signed-in caller. */
  readonly auth: boolean;
  /** The endpoint's tags. */
  readonly tags: readonly string[];
}

/** A running API call, by Encore's name of it. */
export type APICallMeta = Context;

declare module "@twinloop/core-native" {
  interface OperationTypes {
    "api-call": Context;
  }
}

/**
 * The context that a handler is given: its request, beside the typed input. Headers stay in Rust until the handler reads one,
 * and can be read until the request is answered; later they are `undefined`, and texts such as `path` are empty.
 *
 * Shape:  the second argument of a handler; `currentRequest()` returns the same object in any function that the handler
 *         calls. `signal`, `log`, `trace` and `data` are those of every operation.
 * Example: `api({ expose: true, path: "/echo" }, async (_: void, ctx) => ({ agent: ctx.header("user-agent") ?? "none" }));`
 */
export class Context extends Work {
  readonly #of: EndpointMeta;
  #headers: RequestHeaders | undefined;
  #auth: KnownCaller | undefined;

  /** `id` is the job's number in the crossing, by which Rust finds the request. */
  constructor(id: number, of: EndpointMeta = UNKNOWN_ENDPOINT) {
    super(id);
    this.#of = of;
  }

  override get type(): "api-call" {
    return "api-call";
  }

  /** The name of the service that the endpoint belongs to: the nearest `Service` above its file, otherwise its npm package. */
  get service(): string {
    return this.#of.service;
  }

  /** The endpoint's name within its service: its export, or its route where it is not exported. */
  get endpoint(): string {
    return this.#of.endpoint;
  }

  /** The endpoint's own description: service, name, kind and tags. */
  get api(): APIDesc {
    const { service, endpoint, isRaw, auth, tags } = this.#of;
    return { service, endpoint, raw: isRaw, auth, tags };
  }

  /** The parameters of the path by name, as the handler's input has them; texts for a raw endpoint, without an empty `*rest`. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as Encore has it: their types are the endpoint's
  get pathParams(): Record<string, any> {
    return pathParamsOf(this.#of, this.payload, this.path);
  }

  /** One header's value, several joined by `", "`; `undefined` when it was not sent. */
  header(name: string): string | undefined {
    return this.lookUp(`header:${name.toLowerCase()}`);
  }

  /**
   * All headers of the request: `headers.get("accept")` or `headers["accept"]`. Crosses to Rust once, at the first use;
   * `header()` is cheaper for a single one.
   */
  get headers(): RequestHeaders {
    return (this.#headers ??= requestHeaders(JSON.parse(this.lookUpAll() ?? "[]") as [string, string][]));
  }

  /** The request's HTTP method, such as `GET`. */
  get method(): Method {
    return (this.lookUp("method") ?? "") as Method;
  }

  /** The request's path as the client sent it, without its query. */
  get path(): string {
    return this.pathAndQuery.split("?", 1)[0]!;
  }

  /** The request's path and query, as the client sent them. */
  get pathAndQuery(): string {
    return this.lookUp("path") ?? "";
  }

  /**
   * What the app's auth handler says of the caller; `null` where nobody is known, also on endpoints without `auth` whose
   * caller sent no valid credentials.
   */
  get auth(): AuthData | null {
    return this.#auth?.data ?? null;
  }

  /** Sets the caller of a request, before its middleware and handler run. Static, so that apps do not find it on the context. */
  static identify(context: Context, caller: KnownCaller): void {
    context.#auth = caller;
  }

  /** The caller of a request with the auth handler that knows it; `null` where nobody is known. */
  static callerOf(context: Context): KnownCaller | null {
    return context.#auth ?? null;
  }

  /**
   * The caller's address: `ip:port`; `ip` where a trusted proxy (`start({ trustProxy })`) tells no port; `unix` for a client of
   * the unix socket. Behind a proxy that is not trusted, the proxy's address.
   */
  get remoteAddress(): string {
    return this.lookUp("remote") ?? "";
  }

  /** The protocol by which the caller sent its request, to the first trusted proxy where there is one. */
  get protocol(): "http" | "https" {
    return this.lookUp("protocol") === "https" ? "https" : "http";
  }

  /** The host that the caller asked for, with its port where it was given; from a trusted proxy's headers where there is one. */
  get host(): string {
    return this.lookUp("host") ?? "";
  }

  /** What the caller's verified certificate says; `undefined` where the caller has shown none (`start({ tls: { clientCert } })`). */
  get peer(): ClientCertificate | undefined {
    const peer = this.lookUp("peer");
    return peer === undefined ? undefined : (JSON.parse(peer) as ClientCertificate);
  }

  /** The fields that `ctx.log` adds to each line: the endpoint's full name. */
  protected override logFields(): Readonly<Record<string, unknown>> {
    return this.#of === UNKNOWN_ENDPOINT ? {} : { endpoint: this.#of.name };
  }

  /** @internal What reads the bytes of the request's body, such as the files of a multipart form. */
  static bodyReader(context: Context): BodyReader {
    return {
      path: (name) => context.lookUp(name),
      bytes: (name) => context.lookUpBytes(name),
    };
  }
}
