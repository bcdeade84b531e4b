import type { StandardSchema } from "@twinloop/core-native";
import type { ErrorForm } from "./answer/error-form.ts";
import type { PolicyOptions } from "./policy/policy-options.ts";

/** The methods a route can answer. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" | "TRACE";

/** The type a schema's values have after it has passed: its output, with transforms and defaults applied. */
export type Infer<Schema> = Schema extends StandardSchema<infer Output> ? Output : never;

/**
 * The type of the values that a schema takes from callers: its input, before transforms and defaults. The output where the
 * schema does not tell its input.
 */
export type InferInput<Schema> = Schema extends {
  readonly "~standard": { readonly types?: { readonly input: infer Input } | undefined };
}
  ? Input
  : Infer<Schema>;

/**
 * Whom an endpoint lets in: `true` takes callers whom any of the gateway's auth handlers knows, a name or a list of names
 * those whom these auth handlers know, in that order. `false` lets everybody in; callers with credentials are known there too.
 */
export type AuthOption = boolean | string | readonly string[];

/**
 * The limits of a form or multipart body, beside `bodyLimit`.
 *
 * Example: `api({ expose: true, path: "/avatar", uploads: { maxFiles: 1, maxFileBytes: 1 << 20 } }, …)`.
 */
export interface FormLimits {
  /** The most files of one request. Default 20; more is answered 413. */
  readonly maxFiles?: number;
  /** The most bytes of one file; `null` for no limit but `bodyLimit`, which is the default. More is answered 413. */
  readonly maxFileBytes?: number | null;
  /** The most fields of one request that are no files. Default 1,000; more is answered 413. */
  readonly maxFields?: number;
  /** The most bytes of one such field of a multipart body. Default 1 MiB; more is answered 413. */
  readonly maxFieldBytes?: number;
  /** The most bytes of a file that is kept in memory; a larger one goes to a temporary file. Default 64 KiB. */
  readonly memoryBytes?: number;
  /** The folder for temporary files, an absolute path. Default: the operating system's. */
  readonly dir?: string;
}

/**
 * The options of an endpoint: how it is reached, and its limits. The policies among them (`timeout`, `cors`, `rateLimit`, …)
 * win over those of the service, and these over those of `start()`.
 *
 * Errors: `start()` refuses unknown names and values that do not fit, each with the place of the declaration.
 */
export interface APIOptions extends PolicyOptions {
  /** The method, several, or `"*"` for any. Default `"POST"`. A GET endpoint answers HEAD too. */
  readonly method?: Method | readonly Method[] | "*";
  /**
   * The route: `/links/:id`, `/files/*rest` (the rest of the path), `/!rest` (whatever no other route takes).
   * Default `/<service>.<export>`.
   */
  readonly path?: string;
  /** Whether callers outside the app reach it. Default false: it is answered as if it did not exist. */
  readonly expose?: boolean;
  /** Whom the endpoint lets in. Default false: everybody. An unknown caller is answered 401, before anything else is checked. */
  readonly auth?: AuthOption;
  /** The largest body in bytes; `null` for any. Default 2 MiB, of a `Multipart` request 32 MiB. A larger one is answered 413 without being read. */
  readonly bodyLimit?: number | null;
  /** The limits of the fields and files of a `Form` or `Multipart` request. */
  readonly uploads?: FormLimits;
  /**
   * Keeps the endpoint's input out of error messages and logs: issues name places and types, never values, and answers are
   * not compressed. Default false.
   */
  readonly sensitive?: boolean;
  /** The form of the endpoint's error answers. Default: that of its service, or else of `start({ errors })`. */
  readonly errors?: ErrorForm;
  /**
   * The status for an input that is not of the declared type. Default: that of its service, or else of `start({ invalidInput })`. A body that is no
   * JSON at all is answered 400 in any case (RFC 9110, 15.5.1 and 15.5.21).
   */
  readonly invalidInput?: 400 | 422;
  /**
   * Words by which tools and middleware find the endpoint: `middleware({ target: { tags: ["admin"] } }, …)`. An OpenAPI
   * document lists them.
   */
  readonly tags?: readonly string[];
  /**
   * A schema for the request in place of the handler's type: zod 4, or any Standard Schema. Rust checks what of it JSON
   * Schema can say; refinements and transforms run in JavaScript, once Rust has accepted the rest.
   */
  readonly request?: StandardSchema;
  /**
   * A schema for the response in place of the handler's type; of an event stream, for its events. The answer is checked and
   * stripped by what JSON Schema can say of it; refinements and transforms do not run.
   */
  readonly response?: StandardSchema;
}
