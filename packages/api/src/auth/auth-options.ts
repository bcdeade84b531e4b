import type { Duration } from "@twinloop/core-native";

/** The cache of an auth handler's results, which is in Rust and shared by all isolates of the process. */
export interface AuthCacheOptions {
  /** How long a result is kept, such as `"60s"`. For so long a caller stays known who is signed out elsewhere. */
  readonly ttl: Duration;
  /** The most results that are kept. Default 10 000. The ones used least make room. */
  readonly max?: number;
}

/** The options of an auth handler. */
export interface AuthHandlerOptions {
  /** Keeps results by a keyed hash of the credentials. Default: none is kept. Failures are never kept. */
  readonly cache?: AuthCacheOptions;
  /**
   * The value of `WWW-Authenticate` on a 401. Default `Bearer` where a parameter is the `Authorization` header, otherwise
   * `ApiKey` or `Cookie` with the parameter's name.
   */
  readonly challenge?: string;
}
