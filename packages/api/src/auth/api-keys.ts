import { createHash } from "node:crypto";
import {
  callSite,
  optionFaults,
  optionRule,
  type OptionFault,
  type OptionRule,
} from "@twinloop/core-native/internal";
import type { AuthData } from "./auth-data.ts";
import { headerRule } from "./auth-header.ts";
import { declareAuthHandler, ReadyAuthHandler, type AuthHandler } from "./auth-handler.ts";

/**
 * One API key: the SHA-256 of its text in hexadecimal, and whose it is.
 *
 * Example: `{ userID: "acme", sha256: createHash("sha256").update(key).digest("hex") }`
 */
export interface HashedApiKey {
  /** The user whose key it is, not empty. A user may have several keys, so that one can be replaced without a gap. */
  readonly userID: string;
  /** The SHA-256 of the key's UTF-8 bytes: 64 hexadecimal digits, in upper or lower case. No two keys may have the same. */
  readonly sha256: string;
}

/** The options of `apiKeys()`. */
export interface ApiKeysOptions {
  /** The header that holds the key, after `Bearer` where that is written. Default `x-api-key`. */
  readonly header?: string;
  /**
   * The keys: a list of their hashes; or a function that gives the keys when the app starts, such as `secret("ApiKeys")`, as the
   * JSON text `{ "<userID>": "<key>", … }`. A key has at least 16 characters. The function is called once in each isolate, so a
   * secret that changes later counts from the next start on.
   */
  readonly keys: readonly HashedApiKey[] | (() => string);
  /** The value of `WWW-Authenticate` on a 401. Default `ApiKey name="x-api-key"`, or `Bearer` for `authorization`. */
  readonly challenge?: string;
}

/** The least characters of a key in a secret; of a key that is given by its hash nobody can tell the length. */
const LEAST_KEY_LENGTH = 16;
const FORM =
  'apiKeys() needs keys: a list of { userID, sha256 }, or a secret that holds { "<userID>": "<key>" } as JSON';

/**
 * Makes an auth handler for API keys, which Rust compares by their hashes, in constant time and without JavaScript.
 *
 * Shape:  options -> an auth handler whose data is `{ userID }`.
 * Errors: a key that is not in the list is nobody's: 401 `unauthenticated` from endpoints with `auth`. Options that do not fit, a
 *         key that is given twice and a secret that is no such JSON keep the app from starting.
 * Example:
 * ```ts
 * import { api, Gateway } from "@twinloop/api";
 * import { apiKeys, getAuthData } from "@twinloop/api/auth";
 * import { secret } from "@twinloop/secrets";
 *
 * export const gateway = new Gateway({ authHandler: apiKeys({ keys: secret("ApiKeys") }) });
 * export const usage = api({ expose: true, auth: true, method: "GET" }, async () => ({ user: getAuthData()!.userID }));
 * ```
 */
export function apiKeys(options: ApiKeysOptions): AuthHandler<{ token: string }, AuthData> {
  const { header = "x-api-key", challenge } = options ?? {};
  const handler = new ReadyAuthHandler(
    {
      header,
      challenge,
      by: "apiKeys",
      verify: () => ({ apiKeys: hashed(options.keys) }),
      faults: () => keyFaults(options),
    },
    callSite(apiKeys),
  );
  return declareAuthHandler(handler) as unknown as AuthHandler<{ token: string }, AuthData>;
}

/**
 * Makes the list of hashed keys for Rust, which takes digits in lower case only.
 *
 * Errors: `TypeError` for a secret that is no object of keys, or has a key that is too short; no key is in the message.
 */
function hashed(keys: ApiKeysOptions["keys"]): readonly HashedApiKey[] {
  if (typeof keys !== "function")
    return keys.map(({ userID, sha256 }) => ({ userID, sha256: sha256.toLowerCase() }));
  return Object.entries(read(keys())).map(([userID, key]) => {
    if (typeof key !== "string" || key.length < LEAST_KEY_LENGTH)
      throw new TypeError(`apiKeys(): a key has fewer than ${LEAST_KEY_LENGTH} characters`);
    return { userID, sha256: createHash("sha256").update(key).digest("hex") };
  });
}

function read(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // The parser's message would show a part of the secret.
  }
  throw new TypeError(FORM);
}

const apiKeyRules = {
  header: headerRule,
  keys: {
    expected: 'a list of { userID, sha256 }, or a secret that holds { "<userID>": "<key>" } as JSON',
    fits: (value) =>
      typeof value === "function" ||
      (Array.isArray(value) && value.length > 0 && value.every((one) => one && isKey(one as object))),
    isConfidential: true,
  },
  challenge: optionRule.text,
} as const satisfies Record<keyof ApiKeysOptions, OptionRule>;

function isKey({ userID, sha256 }: Partial<HashedApiKey>): boolean {
  return typeof userID === "string" && userID !== "" && /^[0-9a-f]{64}$/i.test(String(sha256));
}

/** Finds what is wrong with the options. A secret is not read for it: its keys are checked when the app starts. */
function keyFaults(options: ApiKeysOptions): OptionFault[] {
  if (options?.keys !== undefined) return optionFaults(options, apiKeyRules);
  return [{ what: "apiKeys() has no keys", hint: `Write ${apiKeyRules.keys.expected}.` }];
}
