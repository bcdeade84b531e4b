import type { Duration } from "@twinloop/core-native";

/**
 * Which pages of other origins may call an endpoint. The lists are Encore's `global_cors`. Without the option nothing is said
 * about origins, and browsers hide every answer from pages of another one.
 *
 * Source: WHATWG Fetch, section 3.3 "CORS protocol".
 */
export interface CorsOptions {
  /**
   * Origins whose pages may read answers to requests without credentials: `https://app.example.com`, with at most one `*`
   * within the host or for the port, `null` for pages without an origin, or `*`. Default `["*"]`, as with Encore.
   */
  readonly allowOriginsWithoutCredentials?: readonly string[];
  /**
   * Origins whose pages may send cookies and `authorization`. Neither `*` nor `null` may be among them. Default none.
   */
  readonly allowOriginsWithCredentials?: readonly string[];
  /**
   * Request headers that pages may send beside the usual ones and those that the endpoint declares as `Header<…>`; `*` for
   * all but `authorization`. Default none.
   */
  readonly allowHeaders?: readonly string[];
  /**
   * Response headers that pages may read beside the usual ones and those that the endpoint declares as `Header<…>`; `*` for
   * all. Default none.
   */
  readonly exposeHeaders?: readonly string[];
  /** How long a browser may keep the answer to a preflight. Default: what the browser chooses, often 5 s. */
  readonly maxAge?: Duration;
  /** Whether pages of public networks may call a server in a private network. Default false. */
  readonly allowPrivateNetwork?: boolean;
  /** Whether a line is logged for each request of an origin that is not allowed. Default false. */
  readonly debug?: boolean;
}

/** A content coding: brotli, gzip or Zstandard. */
export type ContentEncoding = "br" | "gzip" | "zstd";

/**
 * The compression of answers, in Rust. Left as they are: answers of a `sensitive` endpoint and those that set a cookie, since
 * their size could tell a secret; events, ranges, and what says `no-transform`.
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

/** By what the clients of a rate limit are told apart. */
export type RateLimitKey = "address" | "principal" | { readonly header: string };

/**
 * A limit of requests per client, as a token bucket: `limit` tokens come back over `window`, and at most `burst` are kept.
 * Beyond it the answer is 429 `resource_exhausted` with `Retry-After`. Every answer has `RateLimit-Limit`, `-Remaining`, `-Reset`
 * and `-Policy`.
 *
 * Source: draft-ietf-httpapi-ratelimit-headers-06.
 */
export interface RateLimitOptions {
  /** Requests per window. */
  readonly limit: number;
  /** The time in which all tokens come back, at least 1 ms and at most a day. */
  readonly window: Duration;
  /**
   * `address` (IPv6 by networks of 64 bits; see `trustProxy`), `principal` (the user of the auth handler), or a header that a
   * trusted gateway sets. Without a principal or the header, the address counts. Default `address`.
   */
  readonly key?: RateLimitKey;
  /** Most requests at once. Default `limit`. */
  readonly burst?: number;
  /**
   * The database in which all processes of the app count together, an `SQLDatabase`; tokens are taken from there in batches, so
   * that few requests wait for it. Default: each process counts by itself.
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
  readonly name: string;
}

/** How long browsers shall reach the host over TLS only. Source: RFC 6797. */
export interface HstsOptions {
  /** Default a year. */
  readonly maxAge?: Duration;
  /** Default true. */
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
  /** `X-Frame-Options`. Default `SAMEORIGIN`. */
  readonly frameOptions?: "DENY" | "SAMEORIGIN" | false;
  /** `Referrer-Policy`. Default `no-referrer`. */
  readonly referrerPolicy?: string | false;
  /** `Strict-Transport-Security`, sent over TLS only, also that of a trusted proxy. Default a year, with subdomains. */
  readonly hsts?: HstsOptions | boolean;
  /** `Cross-Origin-Opener-Policy`. Default `same-origin`. */
  readonly crossOriginOpenerPolicy?: string | false;
  /** `Cross-Origin-Resource-Policy`. Default `same-origin`; requests that CORS allows are not affected. */
  readonly crossOriginResourcePolicy?: "same-origin" | "same-site" | "cross-origin" | false;
  /** `Cross-Origin-Embedder-Policy`. Default none. */
  readonly crossOriginEmbedderPolicy?: string | false;
  /** `Origin-Agent-Cluster: ?1`. Default true. */
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
