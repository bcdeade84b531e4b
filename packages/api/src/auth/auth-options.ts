import type { Duration } from "@twinloop/core-native";

/** The cache of an auth handler's results, which is in Rust and shared by all isolates of the process. */
export interface AuthCacheOptions {
  /**
   * How long a result is kept, such as `"60s"`, from 1 ms. For so long a caller stays known who is signed out elsewhere, by
   * another process or without `forget()`.
   */
  readonly ttl: Duration;
  /** The most results that are kept, 1 to 10 000 000. Default 10 000. The ones used least make room. */
  readonly max?: number;
}

/** The options of an auth handler. */
export interface AuthHandlerOptions {
  /**
   * Keeps results, so that the function does not run again for the same credentials. They are found by a keyed hash: the
   * credentials themselves are not kept, and failures neither. Default: nothing is kept.
   */
  readonly cache?: AuthCacheOptions;
  /**
   * The value of `WWW-Authenticate` on a 401. Default `Bearer` where a parameter is the `Authorization` header, otherwise
   * `ApiKey name="…"` with the name of a header or query parameter, or `Cookie cookie-name="…"`.
   *
   * Source: RFC 9110, section 15.5.2: a 401 carries at least one challenge.
   */
  readonly challenge?: string;
}
