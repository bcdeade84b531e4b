import { parseDuration } from "@twinloop/core-native/internal";
import { securityHeaderConfig, type SecurityHeaderConfig } from "./security-headers.ts";
import type {
  CompressionOptions,
  ContentEncoding,
  CorsOptions,
  PolicyOptions,
  RateLimitKey,
  RateLimitOptions,
} from "./policy-options.ts";

/** The options of one level, and what its rate limit is called: endpoints with a limit of one name share its buckets. */
export interface PolicyLevel {
  /** The name of the level: `app`, `service users` or `endpoint users.get`. */
  readonly name: string;
  /** The options of the level; `undefined` policies are left to the levels further out. */
  readonly options: PolicyOptions;
}

/** The headers that an endpoint declares, which pages of other origins may send and read without being listed. */
export interface DeclaredHeaders {
  /** Headers that the endpoint reads: its `Header<…>` parameters, and those in which auth handlers find credentials. */
  readonly request: readonly string[];
  /** Headers that the endpoint sends. */
  readonly response: readonly string[];
}

/** The policies of an endpoint in the form of the Rust half; what is off is not there. */
export interface PolicyConfig {
  /** The lists of origins and headers, with the endpoint's own headers in them; `maxAgeSeconds` where `maxAge` is given. */
  readonly cors?: object;
  readonly compression?: { readonly encodings: readonly ContentEncoding[]; readonly minBytes: number };
  /** The limit with the name of its level, its window in milliseconds, and the URL of its database where it has one. */
  readonly rateLimit?: object;
  readonly securityHeaders?: SecurityHeaderConfig;
  readonly etag?: boolean;
}

const DEFAULT_ENCODINGS: readonly ContentEncoding[] = ["br", "gzip", "zstd"];
const DEFAULT_MIN_BYTES = 1024;
const NO_HEADERS: DeclaredHeaders = { request: [], response: [] };
const NO_STORES: ReadonlyMap<string, string> = new Map();

/**
 * Merges the policies of an app, a service and an endpoint: of each policy the last level that names it holds, as a whole.
 *
 * Shape: levels from the outermost to the innermost, the headers that the endpoint declares, and the URLs of the databases of
 *        rate limits by name -> the configuration.
 * Example: an app with `rateLimit: { limit: 100, window: "60s" }` and an endpoint with `rateLimit: { limit: 5, window: "1s" }`: the
 *        endpoint has 5 each second, and its requests take none of the 100.
 */
export function policyConfig(
  levels: readonly PolicyLevel[],
  declared: DeclaredHeaders = NO_HEADERS,
  stores: ReadonlyMap<string, string> = NO_STORES,
): PolicyConfig {
  const cors = nearest(levels, "cors")?.value;
  const compression = nearest(levels, "compression")?.value;
  const rateLimit = nearest(levels, "rateLimit");
  const security = nearest(levels, "securityHeaders")?.value;
  const etag = nearest(levels, "etag")?.value ?? false;
  return {
    ...(cors ? { cors: corsConfig(cors === true ? {} : cors, declared) } : {}),
    ...(compression ? { compression: compressionConfig(compression === true ? {} : compression) } : {}),
    ...(rateLimit?.value ? { rateLimit: rateLimitConfig(rateLimit.name, rateLimit.value, stores) } : {}),
    ...(security ? { securityHeaders: securityHeaderConfig(security === true ? {} : security) } : {}),
    ...(etag ? { etag } : {}),
  };
}

/** The time limit of an endpoint in milliseconds, of the last level that names one; `null` for none, `undefined` for the default. */
export function timeoutMs(levels: readonly PolicyLevel[]): number | null | undefined {
  const timeout = levels.findLast(({ options }) => options.timeout !== undefined)?.options.timeout;
  return timeout === null ? null : parseDuration(timeout);
}

/** The value of the innermost level that has one, with the level's name. */
function nearest<Name extends keyof PolicyOptions>(
  levels: readonly PolicyLevel[],
  name: Name,
): { readonly name: string; readonly value: NonNullable<PolicyOptions[Name]> } | undefined {
  const level = levels.findLast(({ options }) => options[name] !== undefined);
  const value = level?.options[name];
  return level === undefined || value === undefined ? undefined : { name: level.name, value };
}

/** CORS with its defaults: all origins without credentials, none with them. A `maxAge` becomes whole seconds, rounded down. */
function corsConfig(
  {
    allowOriginsWithoutCredentials = ["*"],
    allowOriginsWithCredentials = [],
    allowHeaders = [],
    exposeHeaders = [],
    maxAge,
    allowPrivateNetwork = false,
    debug = false,
  }: CorsOptions,
  declared: DeclaredHeaders,
): object {
  const maxAgeMs = parseDuration(maxAge);
  return {
    allowOriginsWithoutCredentials,
    allowOriginsWithCredentials,
    allowHeaders: [...allowHeaders, ...declared.request],
    exposeHeaders: [...exposeHeaders, ...declared.response],
    ...(maxAgeMs === undefined ? {} : { maxAgeSeconds: Math.floor(maxAgeMs / 1_000) }),
    allowPrivateNetwork,
    debug,
  };
}

function compressionConfig({
  encodings = DEFAULT_ENCODINGS,
  minBytes = DEFAULT_MIN_BYTES,
}: CompressionOptions): NonNullable<PolicyConfig["compression"]> {
  return { encodings, minBytes };
}

/** The limit of a level with its defaults. A store whose URL is not in `stores` is left out: each process then counts by itself. */
function rateLimitConfig(
  name: string,
  { limit, window, key = "address", burst = limit, store, whenStoreFails = "allow" }: RateLimitOptions,
  stores: ReadonlyMap<string, string>,
): object {
  const url = store === undefined ? undefined : stores.get(store.name);
  return {
    ...{ name, limit, windowMs: parseDuration(window), burst, key: keyConfig(key) },
    ...(url === undefined ? {} : { store: { url, whenFails: whenStoreFails } }),
  };
}

function keyConfig(key: RateLimitKey): string | { readonly header: string } {
  return typeof key === "string" ? key : { header: key.header };
}
