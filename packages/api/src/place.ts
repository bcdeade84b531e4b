/**
 * Where a field of a request or response travels, as types. Each marker adds an optional property under a unique symbol
 * to the value's own type, so plain values are assignable and handlers read them without casts.
 *
 * `Header<"X-Name">` is a string from that header, `Header<number, "X-Name">` a number, plain `Header` a string from the
 * header named like the field. `Query` and `Cookie` read the same way.
 */

declare const query: unique symbol;
declare const header: unique symbol;
declare const cookie: unique symbol;
declare const setCookie: unique symbol;
declare const signedCookie: unique symbol;
declare const encryptedCookie: unique symbol;
declare const httpStatus: unique symbol;

/** The keys of the markers, by which types find marked fields. */
export type QueryKey = typeof query;
/** The key of `Header`. */
export type HeaderKey = typeof header;
/** The key of `Cookie`. */
export type CookieKey = typeof cookie;
/** The keys of cookies that the app seals. */
export type SealedKey = typeof signedCookie | typeof encryptedCookie;
/** The keys of response fields that are not part of the body. */
export type ResponseKey = HeaderKey | CookieKey | SealedKey | typeof setCookie | typeof httpStatus;

/** The types of a value that travels as one text in a query, header or cookie. */
type Scalar = string | number | boolean | bigint | Date;

/** Whether a type has more than one member: `Header<"a" | "b">` is a header of two values and no name. */
type IsUnion<T, Whole = T> = [T] extends [never]
  ? false
  : T extends T
    ? [Whole] extends [T]
      ? false
      : true
    : never;

/** True for `"X-Name"`; false for `string`, for a union of literals and for everything that is no string. */
type IsName<T> = [T] extends [string]
  ? string extends T
    ? false
    : IsUnion<T> extends true
      ? false
      : true
  : false;

/** The value of a marked field: a string where a single argument is the name. */
type ValueOf<T, Name extends string> = Name extends "" ? (IsName<T> extends true ? string : T) : T;

/** The name of a marked field on the wire; empty where it is the field's own. */
type NameOf<T, Name extends string> = Name extends "" ? (IsName<T> extends true ? T : "") : Name;

/**
 * A field read from the query string. Without a name it is the field's own.
 *
 * Shape: `Query`, `Query<number>`, `Query<"page_size">`, `Query<number, "page_size">`, `Query<string[]>` (repetition).
 */
export type Query<TypeOrName extends Scalar | readonly Scalar[] = string, Name extends string = ""> = ValueOf<
  TypeOrName,
  Name
> & { readonly [query]?: NameOf<TypeOrName, Name> };

/**
 * A field read from a request header, or written to a response header. Names are compared without case.
 *
 * Shape: `Header`, `Header<"X-Name">`, `Header<number, "X-Name">`, `Header<string[], "X-Name">` (repetition).
 */
export type Header<
  TypeOrName extends Scalar | readonly Scalar[] = string,
  Name extends string = "",
> = ValueOf<TypeOrName, Name> & { readonly [header]?: NameOf<TypeOrName, Name> };

/**
 * A field read from a request cookie: the plain value. In a response it sets a cookie with no attribute; `SetCookie`
 * sets one with attributes.
 *
 * Shape: `Cookie`, `Cookie<"session">`, `Cookie<number, "visits">`.
 */
export type Cookie<TypeOrName extends Scalar = string, Name extends string = ""> = ValueOf<
  TypeOrName,
  Name
> & {
  readonly [cookie]?: NameOf<TypeOrName, Name>;
};

/**
 * The attributes of a `Set-Cookie` header. An attribute that is left out is not sent, and the browser takes its default;
 * `SignedCookie` and `EncryptedCookie` have safer defaults of their own.
 *
 * Errors: 500 for an attribute that would break the header, such as a `path` with a semicolon.
 * Source: RFC 6265, sections 4.1 and 5.3.
 */
export interface CookieAttributes {
  /** The instant at which the cookie ends (`Expires`); `maxAge` wins where both are set. */
  expires?: Date | undefined;
  /**
   * Whether other sites' requests carry the cookie. Left out, Chrome and Edge take `Lax`. Browsers take `None` with `secure`
   * only.
   */
  sameSite?: "Strict" | "Lax" | "None" | undefined;
  /** The host below which the cookie is sent (`Domain`), with all its subdomains. Left out, the host that set it alone. */
  domain?: string | undefined;
  /** The path below which the cookie is sent (`Path`). Left out, the folder of the request's path. */
  path?: string | undefined;
  /** The cookie's lifetime in seconds (`Max-Age`). */
  maxAge?: number | undefined;
  /** Whether the cookie is sent over HTTPS alone (`Secure`). */
  secure?: boolean | undefined;
  /** Whether scripts of the page cannot read the cookie (`HttpOnly`). */
  httpOnly?: boolean | undefined;
  /** Whether each top-level site has a cookie jar of its own for it (`Partitioned`, CHIPS). Browsers ask for `secure` with it. */
  partitioned?: boolean | undefined;
}

/**
 * A response field that sets a cookie: `{ value, expires?, sameSite?, domain?, path?, maxAge?, secure?, httpOnly?,
 * partitioned? }`. Only responses may have one.
 *
 * Shape: `SetCookie`, `SetCookie<"session">`, `SetCookie<number, "visits">`.
 */
export interface SetCookie<
  TypeOrName extends Scalar = string,
  Name extends string = "",
> extends CookieAttributes {
  value: ValueOf<TypeOrName, Name>;
  readonly [setCookie]?: NameOf<TypeOrName, Name>;
}

/**
 * A cookie whose value this app has signed: callers can read it, and cannot change it. `start({ cookieSecrets })` gives
 * the secrets, of which the newest signs and each verifies.
 *
 * Shape:  in a request `{ value }`; absent (`session?:`) or null (`| null`) where the cookie was not sent, was touched, has expired,
 *         or no longer fits its type; a field that is neither is a 400 then. In a response `{ value, ...attributes }`, by default
 *         `HttpOnly`, `SameSite=Lax`, `Path=/`, and `Secure` in production. `maxAge` or `expires` is sealed with the value.
 * Units:  any JSON value; about 2,800 bytes of it, since browsers drop a cookie of more than 4,096 bytes.
 * Source: HMAC-SHA-256 over the cookie's name and value.
 * Example: `async ({ session }: { session?: SignedCookie<{ user: string }, "session"> }) => session?.value.user ?? "nobody"`
 */
export interface SignedCookie<T, Name extends string = ""> extends CookieAttributes {
  value: T;
  readonly [signedCookie]?: Name;
}

/**
 * A cookie whose value this app has encrypted: callers can neither read nor change it. Otherwise as `SignedCookie`.
 *
 * Source: AES-256-GCM; the cookie's name is authenticated with the value.
 */
export interface EncryptedCookie<T, Name extends string = ""> extends CookieAttributes {
  value: T;
  readonly [encryptedCookie]?: Name;
}

/**
 * The response field that holds the HTTP status: a number from 200 to 599 that never reaches the body. Left out where it is
 * optional, the status is 200.
 *
 * Errors: 500 for any other number; interim statuses (1xx) are no answers.
 */
export type HttpStatus = number & { readonly [httpStatus]?: true };
