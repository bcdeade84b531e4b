import type { StandardSchema } from "@twinloop/core-native";

/** The methods a route can answer. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" | "TRACE";

/** The type a schema's values have after it has passed. */
export type Infer<Schema> = Schema extends StandardSchema<infer Output> ? Output : never;

/** How an endpoint is reached and bounded. */
export interface APIOptions {
  /** The method, several, or `"*"` for any. Default `"POST"`. A GET endpoint answers HEAD too. */
  readonly method?: Method | readonly Method[] | "*";
  /**
   * The route: `/links/:id`, `/files/*rest` (the rest of the path), `/!rest` (whatever no other route takes).
   * Default `/<service>.<export>`.
   */
  readonly path?: string;
  /** Whether callers outside the app reach it. Default false: it is answered as if it did not exist. */
  readonly expose?: boolean;
  /** The largest body in bytes; `null` for any. Default 2 MiB. A larger one is answered 413 without being read. */
  readonly bodyLimit?: number | null;
  /** How long an answer may take, in milliseconds; `null` for ever. Default 30 000. Later it is answered 504. */
  readonly timeout?: number | null;
  /** Keeps the endpoint's input out of error messages and logs. Default false. */
  readonly sensitive?: boolean;
  /** Words for tools and middleware to find it by. */
  readonly tags?: readonly string[];
  /** A schema for the request in place of the handler's type: zod 4, or any Standard Schema. */
  readonly request?: StandardSchema;
  /** A schema for the response in place of the handler's type. */
  readonly response?: StandardSchema;
}
