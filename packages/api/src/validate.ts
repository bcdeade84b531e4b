/**
 * Constraints as types, written as intersections: `string & MinLen<3> & MaxLen<80>`, `number & Min<1> & Int`, `Link[] &
 * MaxLen<100>`, `string & (IsURL | IsEmail)`.
 *
 * The markers exist only for the compiler, which turns them into checks that run before the handler. Every marker is an
 * optional property under a unique symbol, so a plain `string` is assignable to `string & MinLen<3>` without a cast. A value
 * that breaks one is refused as `invalid_argument`, with an issue that names the place and the rule.
 *
 * Example:
 * ```ts
 * import type { Int, IsURL, MatchesRegexp, MaxLen, Min } from "@twinloop/api/validate";
 *
 * interface NewLink {
 *   url: string & IsURL & MaxLen<2000>;
 *   tags?: (string & MatchesRegexp<"^[a-z-]+$">)[] & MaxLen<10>;
 *   clicks: number & Int & Min<0>;
 * }
 * ```
 */

declare const min: unique symbol;
declare const max: unique symbol;
declare const exclusiveMin: unique symbol;
declare const exclusiveMax: unique symbol;
declare const multipleOf: unique symbol;
declare const int: unique symbol;
declare const minLen: unique symbol;
declare const maxLen: unique symbol;
declare const matchesRegexp: unique symbol;
declare const startsWith: unique symbol;
declare const endsWith: unique symbol;
declare const isEmail: unique symbol;
declare const isURL: unique symbol;
declare const isUUID: unique symbol;
declare const sensitive: unique symbol;

/** A number (or bigint) of at least `N`. Exact for fractions: `Min<0.5>` refuses 0. */
export interface Min<N extends number | bigint> {
  readonly [min]?: N;
}

/** A number (or bigint) of at most `N`. Exact for fractions. */
export interface Max<N extends number | bigint> {
  readonly [max]?: N;
}

/** A number (or bigint) greater than `N`. */
export interface ExclusiveMin<N extends number | bigint> {
  readonly [exclusiveMin]?: N;
}

/** A number (or bigint) less than `N`. */
export interface ExclusiveMax<N extends number | bigint> {
  readonly [exclusiveMax]?: N;
}

/** A number that is a whole multiple of `N`, as decimal fractions: 0.07 is a multiple of 0.01, which it is not in binary. */
export interface MultipleOf<N extends number> {
  readonly [multipleOf]?: N;
}

/** A number without a fraction; `1.0` is one. */
export interface Int {
  readonly [int]?: true;
}

/** At least `N` characters (Unicode scalar values) of a string, elements of an array, or bytes of a `Uint8Array`. */
export interface MinLen<N extends number> {
  readonly [minLen]?: N;
}

/** At most `N` characters (Unicode scalar values) of a string, elements of an array, or bytes of a `Uint8Array`. */
export interface MaxLen<N extends number> {
  readonly [maxLen]?: N;
}

/**
 * A string in which the pattern `P` is found. The pattern is searched as written, so anchor it (`^…$`) to match the whole string.
 * Patterns run in linear time: look-around and back-references are refused when the app starts.
 */
export interface MatchesRegexp<P extends string> {
  readonly [matchesRegexp]?: P;
}

/** A string that starts with `S`. */
export interface StartsWith<S extends string> {
  readonly [startsWith]?: S;
}

/** A string that ends with `S`. */
export interface EndsWith<S extends string> {
  readonly [endsWith]?: S;
}

/**
 * A string that is an e-mail address `local@domain`, in ASCII and of at most 254 characters. The domain has two labels or
 * more; quoted local parts, comments and address literals are refused. Whether the address receives mail is not asked.
 */
export interface IsEmail {
  readonly [isEmail]?: true;
}

/**
 * A string that is an absolute http or https URL with a host. Other schemes, such as `javascript:`, are refused, as are white
 * space and broken percent escapes.
 */
export interface IsURL {
  readonly [isURL]?: true;
}

/**
 * A string that is a UUID in its 36-character form, hexadecimal digits in either case. Source: RFC 9562, versions 1 to 8, and
 * the nil and max UUID.
 */
export interface IsUUID {
  readonly [isUUID]?: true;
}

/**
 * A value that is never shown, neither in an answer nor in a log line: of one that does not fit, the caller is told the
 * place and the type. Properties with names of secrets (`password`, `apiKey`, `refreshToken`, `pin`, …) need it not.
 *
 * Shape:  any type, in any property or field: `{ answer: Sensitive<string & MinLen<3>> }`, `Header<Sensitive<string>>`.
 */
export type Sensitive<T> = T & { readonly [sensitive]?: true };
