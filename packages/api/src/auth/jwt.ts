import {
  callSite,
  durationWithin,
  optionBounds,
  optionFaults,
  optionRule,
  parseDuration,
  type Duration,
  type OptionFault,
  type OptionRule,
} from "@twinloop/core-native/internal";
import type { AuthData } from "./auth-data.ts";
import { headerRule } from "./auth-header.ts";
import { declareAuthHandler, ReadyAuthHandler, type AuthHandler } from "./auth-handler.ts";

/**
 * A signature algorithm of tokens: `RS256` with RSA keys from 2048 bits, `ES256` on the curve P-256, `EdDSA` with Ed25519, `HS256`
 * with a secret. `none` is not one, and a key verifies by its own algorithm alone.
 *
 * Source: RFC 7518, section 3.1; RFC 8037, section 3.1; RFC 8725, sections 3.1 and 3.2.
 */
export type JwtAlgorithm = "RS256" | "ES256" | "EdDSA" | "HS256";

/**
 * A public key as a JWK: RSA from 2048 bits, EC P-256, or OKP Ed25519.
 *
 * Source: RFC 7517, section 4; RFC 7518, section 6; RFC 8037, section 2.
 * Example: `{ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", kid: "2026-01" }`
 */
export interface JwtKey {
  /** The kind of the key: `RSA` (with `n` and `e`), `EC` (with `crv`, `x` and `y`) or `OKP` (with `crv` and `x`). */
  readonly kty: string;
  /**
   * The key's other members. A token with a `kid` is verified by the keys of that `kid`, and by those without one. A key whose
   * `use` is not `sig`, or whose `alg` is another algorithm, verifies nothing.
   */
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
   * key, and every 10 minutes; at most every 30 s. While the URL does not answer, the keys of before stay in use. A fetch may take
   * 5 s; a set may have 1 MiB, and of its keys the first 256 count.
   */
  readonly jwks?: string;
  /** The issuer's public keys, at least one. A new key needs a new start; `jwks` follows its issuer. */
  readonly keys?: readonly JwtKey[];
  /** The secret of HS256, from 32 bytes; or a function that gives it when the app starts, such as `secret("JwtSecret")`. */
  readonly secret?: string | (() => string);
  /** The algorithms that are accepted. Default `["HS256"]` with a secret, otherwise `["RS256", "ES256", "EdDSA"]`. */
  readonly algorithms?: readonly JwtAlgorithm[];
  /** The header that holds the token, after `Bearer` where that is written. Default `authorization`. */
  readonly header?: string;
  /** By how much the clocks of issuer and app may differ, for `exp` and `nbf`. Default 5 s, at most 10 min. */
  readonly clockTolerance?: Duration;
  /** The claim that is the `userID`, a text. A token without it, or with an empty one, is nobody's. Default `sub`. */
  readonly userID?: string;
  /** The value of `WWW-Authenticate` on a 401. Default `Bearer`, or `ApiKey name="…"` where `header` names another header. */
  readonly challenge?: string;
}

/** What `getAuthData()` gives of a caller with a token. */
export interface JwtData extends AuthData {
  /** All claims of the token, verified; as they are in it, times in seconds since 1970. Claims of the app's own are not checked. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * Makes an auth handler for JSON Web Tokens, which Rust verifies: an unknown caller costs no JavaScript.
 *
 * Shape:  options -> an auth handler whose data is `{ userID, claims }`.
 * Errors: a token whose signature, `exp`, `nbf`, `iss` or `aud` does not fit is nobody's; `exp` is required. 503 while keys have
 *         never been fetched.
 * Source: RFC 7515, 7517, 7519, 8725.
 * Example:
 * ```ts
 * import { api, Gateway } from "@twinloop/api";
 * import { getAuthData, jwt, type JwtData } from "@twinloop/api/auth";
 *
 * const token = jwt({
 *   issuer: "https://issuer.example",
 *   audience: "shop",
 *   jwks: "https://issuer.example/.well-known/jwks.json",
 * });
 * export const gateway = new Gateway({ authHandler: token });
 * export const scope = api({ expose: true, auth: true, method: "GET" }, async () => ({
 *   scope: String(getAuthData<JwtData>()!.claims["scope"]),
 * }));
 * ```
 */
export function jwt(options: JwtOptions): AuthHandler<{ token: string }, JwtData> {
  const { header = "authorization", challenge } = options ?? {};
  const handler = new ReadyAuthHandler(
    {
      header,
      challenge,
      by: "jwt",
      verify: () => ({ jwt: described(options) }),
      faults: () => jwtFaults(options),
    },
    callSite(jwt),
  );
  return declareAuthHandler(handler) as unknown as AuthHandler<{ token: string }, JwtData>;
}

/** The verification as Rust takes it, with all defaults; calls `secret` where that is a function. */
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

const BOUNDS = optionBounds("jwt", import.meta.url);
/**
 * The algorithms of public keys. None of them goes together with `HS256`: a public key would then pass as a secret (RFC 8725,
 * section 2.1).
 */
const ASYMMETRIC: readonly JwtAlgorithm[] = ["RS256", "ES256", "EdDSA"];

const names: OptionRule = {
  expected: "a text, or a list of texts",
  fits: (value) =>
    [value].flat().length > 0 && [value].flat().every((one) => typeof one === "string" && one !== ""),
};

const jwtRules = {
  issuer: names,
  audience: names,
  jwks: optionRule.text,
  keys: {
    expected: "a list of JWKs",
    fits: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((one) => typeof one === "object" && one !== null),
    isConfidential: true,
  },
  secret: {
    expected: "a text or a function that gives it",
    fits: (value) => typeof value === "string" || typeof value === "function",
    isConfidential: true,
  },
  algorithms: {
    expected: 'a list of RS256, ES256 and EdDSA, or ["HS256"]',
    fits: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      (value.every((one) => ASYMMETRIC.includes(one as JwtAlgorithm)) ||
        value.every((one) => one === "HS256")),
  },
  header: headerRule,
  clockTolerance: durationWithin(BOUNDS.durationMs!["clockTolerance"]!),
  userID: optionRule.text,
  challenge: optionRule.text,
} as const satisfies Record<keyof JwtOptions, OptionRule>;

/** Finds what is wrong with the options; no text of a secret is in what it says. */
function jwtFaults(options: JwtOptions): OptionFault[] {
  if (typeof options !== "object" || options === null)
    return [
      {
        what: "jwt() has no options",
        hint: "Give it an issuer, an audience and one of jwks, keys and secret.",
      },
    ];
  const { issuer, audience, jwks, keys, secret, algorithms } = options;
  const faults = optionFaults(options, jwtRules);
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (value === undefined) faults.push({ what: `jwt() has no ${name}`, hint: `Write ${names.expected}.` });
  }
  const sources = [jwks, keys, secret].filter((one) => one !== undefined);
  if (sources.length !== 1) {
    const what = `jwt() has ${sources.length} of jwks, keys and secret`;
    faults.push({ what, hint: "Give it exactly one of them." });
  }
  const isSymmetric = secret !== undefined;
  if (jwtRules.algorithms.fits(algorithms) && algorithms!.includes("HS256") !== isSymmetric)
    faults.push({
      what: isSymmetric ? "a secret verifies HS256 alone" : "HS256 needs a secret",
      hint: isSymmetric
        ? 'Write `algorithms: ["HS256"]`, or leave it out.'
        : "Leave HS256 out, or give a secret.",
    });
  return faults;
}
