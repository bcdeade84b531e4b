import type { Duration } from "@twinloop/core-native";

/**
 * Which pages of other origins may call an endpoint. The lists are Encore's `global_cors`. Without the option nothing is said
 * about origins, and browsers hide every answer from pages of another one. The policy refuses no request: the headers tell the
 * browser, and preflights are answered in Rust.
 *
 * Source: WHATWG Fetch, section 3.3 "CORS protocol".
 * Example: `cors: { allowOriginsWithCredentials: ["https://app.example.com", "https://*.preview.example.com"], maxAge: "10m" }`
 */
export interface CorsOptions {
  /**
   * Origins whose pages may read answers to requests without credentials: `https://app.example.com`, with at most one `*`
   * within the host or for the port, `null` for pages without an origin, or `*`. Default `["*"]`, as with Encore.
   */
  readonly allowOriginsWithoutCredentials?: readonly string[];
  /**
   * Origins whose pages may send cookies and `authorization`. Neither `*` nor `null` may be among them, since any page of the web
   * is either; what follows a `*` in the host must have a dot, as in `https://*.example.com`. Default none.
   */
  readonly allowOriginsWithCredentials?: readonly string[];
  /**
   * Request headers that pages may send beside those that the endpoint declares as `Header<…>` and the usual ones: `accept`,
   * `content-type`, `origin`, `user-agent`, `x-correlation-id`, `x-request-id`, `x-requested-with`, `traceparent`, `tracestate`,
   * `last-event-id`. `*` for all but `authorization`, which only origins with credentials may send. Default none.
   */
  readonly allowHeaders?: readonly string[];
  /**
   * Response headers that pages may read beside the usual ones and those that the endpoint declares as `Header<…>`; `*` for
   * all. Default none.
   */
  readonly exposeHeaders?: readonly string[];
  /** How long a browser may keep the answer to a preflight. Default: what the browser chooses, often 5 s. */
  readonly maxAge?: Duration;
  /** Whether pages of public networks may call a server in a private network (Private Network Access). Default false. */
  readonly allowPrivateNetwork?: boolean;
  /** Whether a line is logged for each request of an origin that is not allowed. Default false. */
  readonly debug?: boolean;
}

/** A content coding: brotli (RFC 7932), gzip (RFC 1952) or Zstandard (RFC 8878). */
export type ContentEncoding = "br" | "gzip" | "zstd";

/**
 * The compression of answers, in Rust. Left as they are: answers of a `sensitive` endpoint and those that set a cookie, since
 * their size could tell a secret; events, ranges, what is coded already, and what says `no-transform` or has a digest of its bytes.
 *
 * Source: RFC 9110, sections 8.4 and 12.5.3; the attack on secrets is BREACH.
 */
export interface CompressionOptions {
  /**
   * The codings that may be used; the first one counts among those that a client likes equally. Default
   * `["br", "gzip", "zstd"]`.
   */
  readonly encodings?: readonly ContentEncoding[];
  /** The size in bytes from which an answer is compressed. Default 1024. */
  readonly minBytes?: number;
}

/** By what the clients of a rate limit are told apart; `RateLimitOptions.key` says what each means. */
export type RateLimitKey = "address" | "principal" | { readonly header: string };

/**
 * A limit of requests per client, as a token bucket: `limit` tokens come back over `window`, and at most `burst` are kept. Beyond
 * it the answer is 429 `resource_exhausted` with `Retry-After`. Every answer has `RateLimit-Limit`, `-Remaining`, `-Reset` and
 * `-Policy`.
 *
 * Units:  a process keeps the buckets of about 262 000 clients of a limit. A flood of more makes buckets full again early: more
 *         passes then, and the memory does not grow.
 * Source: draft-ietf-httpapi-ratelimit-headers-06.
 * Example: `rateLimit: { limit: 100, window: "60s", burst: 20, key: "principal" }`
 */
export interface RateLimitOptions {
  /** Requests per window, from 1. One token comes back every `window / limit`, so clients need not wait for the window's end. */
  readonly limit: number;
  /** The time in which all tokens come back, at least 1 ms and at most a day. */
  readonly window: Duration;
  /**
   * `address` (IPv6 by networks of 64 bits; see `trustProxy`), `principal` (the user of the auth handler), or a header that a
   * trusted gateway sets. Without a principal or the header, the address counts. Default `address`.
   */
  readonly key?: RateLimitKey;
  /** Most requests at once, from 1: the tokens of a client that has been quiet. Default `limit`. */
  readonly burst?: number;
  /**
   * The database in which all processes of the app count together, an `SQLDatabase`; tokens are taken from there in batches, so
   * that few requests wait for it. A process holds up to an eighth of the limit or burst, and 64 tokens at most, for 10 s; no
   * more than the limit passes while the database answers. Default: each process counts by itself.
   */
  readonly store?: RateLimitStore;
  /**
   * While the database is away (no answer within 500 ms): `allow` lets each process count by itself and logs a warning,
   * `refuse` answers 503. Default `allow`.
   */
  readonly whenStoreFails?: "allow" | "refuse";
}

/** A database of the app, as `SQLDatabase` is. */
export interface RateLimitStore {
  /** The database's name, by which the app's declared one is found when the app starts. */
  readonly name: string;
}

/** How long browsers shall reach the host over TLS only. Source: RFC 6797. */
export interface HstsOptions {
  /** How long a browser remembers it, from each answer on; 0 makes it forget. Default a year. */
  readonly maxAge?: Duration;
  /** Whether all subdomains of the host are meant too. Default true. */
  readonly includeSubDomains?: boolean;
  /** Whether the host may be put into the browsers' own lists. Default false. */
  readonly preload?: boolean;
}

/**
 * Headers by which browsers restrict what a page may do. Each is on with its default unless it is `false`; a value that the
 * endpoint sets itself stays.
 */
export interface SecurityHeadersOptions {
  /** `X-Content-Type-Options: nosniff`; sent also without the option. Default true. */
  readonly contentTypeOptions?: boolean;
  /** `X-Frame-Options`: whether pages may be framed, by none (`DENY`) or by their own origin (`SAMEORIGIN`, the default). */
  readonly frameOptions?: "DENY" | "SAMEORIGIN" | false;
  /** `Referrer-Policy`: what links and requests of a page tell of its address. Default `no-referrer`. */
  readonly referrerPolicy?: string | false;
  /** `Strict-Transport-Security`, sent over TLS only, also that of a trusted proxy. Default a year, with subdomains. */
  readonly hsts?: HstsOptions | boolean;
  /**
   * `Cross-Origin-Opener-Policy`: which windows that open the page, or that it opens, may reach one another. Default
   * `same-origin`.
   */
  readonly crossOriginOpenerPolicy?: string | false;
  /** `Cross-Origin-Resource-Policy`. Default `same-origin`; requests that CORS allows are not affected. */
  readonly crossOriginResourcePolicy?: "same-origin" | "same-site" | "cross-origin" | false;
  /** `Cross-Origin-Embedder-Policy`, such as `require-corp`, without which pages have no `SharedArrayBuffer`. Default none. */
  readonly crossOriginEmbedderPolicy?: string | false;
  /** `Origin-Agent-Cluster: ?1`: asks browsers to keep the origin apart from others of its site. Default true. */
  readonly originAgentCluster?: boolean;
  /** `Permissions-Policy`, such as `camera=(), geolocation=()`. Default none. */
  readonly permissionsPolicy?: string | false;
  /**
   * `Content-Security-Policy`. Default what a page of its own origin needs: everything from `'self'`, images and fonts also as
   * `data:`, inline styles, no plug-ins, framed by its own origin only.
   */
  readonly contentSecurityPolicy?: string | false;
}

/**
 * The policies of the edge, applied in Rust: options of the app, a service or an endpoint. The nearest one holds, as a whole;
 * `false` turns off what is set further out.
 *
 * Example:
 * ```ts
 * import { api } from "@twinloop/api";
 *
 * export const login = api(
 *   { expose: true, method: "POST", path: "/login", rateLimit: { limit: 5, window: "60s" }, cors: false },
 *   async ({ name }: { name: string }) => ({ name }),
 * );
 * ```
 */
export interface PolicyOptions {
  /** Which pages of other origins may call. `true` for Encore's default: all origins, without credentials. Default off. */
  readonly cors?: CorsOptions | boolean;
  /** The compression of answers. Default off. */
  readonly compression?: CompressionOptions | boolean;
  /**
   * The limit of requests per client. Endpoints that inherit the limit of the app or a service count together. Default none.
   */
  readonly rateLimit?: RateLimitOptions | false;
  /** Headers by which browsers restrict what a page may do. Default `X-Content-Type-Options: nosniff` alone. */
  readonly securityHeaders?: SecurityHeadersOptions | boolean;
  /**
   * Whether answers to GET carry an entity tag of their bytes, and a client that has them is answered 304. The handler runs in
   * either case. Default off.
   */
  readonly etag?: boolean;
  /**
   * How long an answer may take: milliseconds, or a text such as `"5s"`; `null` for ever. Default 30 s. Later it is answered
   * 504.
   */
  readonly timeout?: Duration | null;
}
