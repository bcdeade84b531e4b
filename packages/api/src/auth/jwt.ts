import { callSite, DURATION_FORM, parseDuration, type Duration } from "@twinloop/core-native/internal";
import type { AuthData } from "./auth-data.ts";
import { declareAuthHandler, ReadyAuthHandler, type AuthHandler } from "./auth-handler.ts";

/** A signature algorithm of tokens. `none` is not one, and a key verifies by its own algorithm alone. */
export type JwtAlgorithm = "RS256" | "ES256" | "EdDSA" | "HS256";

/** A public key as a JWK (RFC 7517): RSA from 2048 bits, EC P-256, or OKP Ed25519. */
export interface JwtKey {
  readonly kty: string;
  readonly [name: string]: unknown;
}

/** The options of `jwt()`. Exactly one of `jwks`, `keys` and `secret` is given. */
export interface JwtOptions {
  /** Who issues the tokens: `iss` must be this, or one of these. */
  readonly issuer: string | readonly string[];
  /** Whom the tokens are for: `aud` must name this, or one of these. */
  readonly audience: string | readonly string[];
  /**
   * The https URL of the issuer's JWK set (http for this machine). Fetched with the first token, when a token names an unknown
   * key, and every 10 minutes; at most every 30 s. While the URL does not answer, the keys of before stay in use.
   */
  readonly jwks?: string;
  /** The issuer's public keys. */
  readonly keys?: readonly JwtKey[];
  /** The secret of HS256, from 32 bytes; or a function that gives it when the app starts, such as `secret("JwtSecret")`. */
  readonly secret?: string | (() => string);
  /** The algorithms that are accepted. Default `["HS256"]` with a secret, otherwise `["RS256", "ES256", "EdDSA"]`. */
  readonly algorithms?: readonly JwtAlgorithm[];
  /** The header that holds the token, after `Bearer` where that is written. Default `authorization`. */
  readonly header?: string;
  /** By how much the clocks of issuer and app may differ. Default 5 s, at most 10 min. */
  readonly clockTolerance?: Duration;
  /** The claim that is the `userID`. Default `sub`. */
  readonly userID?: string;
  /** The value of `WWW-Authenticate` on a 401. Default `Bearer` for the `Authorization` header. */
  readonly challenge?: string;
}

/** What `getAuthData()` gives of a caller with a token. */
export interface JwtData extends AuthData {
  /** All claims of the token, verified. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * Makes an auth handler for JSON Web Tokens, which Rust verifies: an unknown caller costs no JavaScript.
 *
 * Shape:  options -> an auth handler whose data is `{ userID, claims }`.
 * Errors: a token whose signature, `exp`, `nbf`, `iss` or `aud` does not fit is nobody's; `exp` is required. 503 while keys have
 *         never been fetched.
 * Source: RFC 7515, 7517, 7519, 8725.
 * Example: `new Gateway({ authHandler: jwt({ issuer, audience: "shop", jwks: "https://issuer.example/jwks" }) })`
 */
export function jwt(options: JwtOptions): AuthHandler<{ token: string }, JwtData> {
  const { header = "authorization", challenge } = options ?? {};
  const handler = new ReadyAuthHandler(
    { header, challenge, verify: () => ({ jwt: described(options) }), faults: () => jwtFaults(options) },
    callSite(jwt),
  );
  return declareAuthHandler(handler) as unknown as AuthHandler<{ token: string }, JwtData>;
}

function described({ issuer, audience, userID = "sub", clockTolerance, ...options }: JwtOptions): object {
  const { jwks, keys, secret } = options;
  const given = typeof secret === "function" ? secret() : secret;
  return {
    algorithms: options.algorithms ?? (secret === undefined ? ["RS256", "ES256", "EdDSA"] : ["HS256"]),
    issuers: [issuer].flat(),
    audiences: [audience].flat(),
    clockToleranceMs: parseDuration(clockTolerance) ?? 5_000,
    userID,
    keys: jwks === undefined ? (keys === undefined ? { secret: given } : { keys }) : { jwks },
  };
}

const ALGORITHMS: readonly string[] = ["RS256", "ES256", "EdDSA", "HS256"] satisfies JwtAlgorithm[];
const MAX_TOLERANCE_MS = 600_000;

/** Finds what is wrong with the options; no text of a secret is in what it says. */
function jwtFaults(options: JwtOptions): string[] {
  if (typeof options !== "object" || options === null) return ["jwt() has no options"];
  const { issuer, audience, jwks, keys, secret, algorithms, clockTolerance } = options;
  const faults: string[] = [];
  const areTexts = (value: unknown): boolean =>
    [value].flat().length > 0 && [value].flat().every((one) => typeof one === "string" && one !== "");
  if (!areTexts(issuer)) faults.push("jwt() needs an issuer: a text, or a list of texts");
  if (!areTexts(audience)) faults.push("jwt() needs an audience: a text, or a list of texts");
  if ([jwks, keys, secret].filter((one) => one !== undefined).length !== 1)
    faults.push("jwt() needs exactly one of jwks, keys and secret");
  const isSymmetric = secret !== undefined;
  const isKnown = (one: string): boolean => ALGORITHMS.includes(one) && (one === "HS256") === isSymmetric;
  if (algorithms !== undefined && !(algorithms.length > 0 && algorithms.every(isKnown)))
    faults.push("jwt(): algorithms may be RS256, ES256 and EdDSA, or HS256 alone, which needs a secret");
  const tolerance = clockTolerance === undefined ? 0 : (parseDuration(clockTolerance) ?? Infinity);
  if (tolerance > MAX_TOLERANCE_MS)
    faults.push(`jwt(): clockTolerance must be ${DURATION_FORM}, at most 10 minutes`);
  return faults;
}
