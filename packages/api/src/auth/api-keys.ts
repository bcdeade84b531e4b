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

/** One API key: the SHA-256 of its text in hexadecimal, and whose it is. */
export interface HashedApiKey {
  readonly userID: string;
  readonly sha256: string;
}

/** The options of `apiKeys()`. */
export interface ApiKeysOptions {
  /** The header that holds the key. Default `x-api-key`. */
  readonly header?: string;
  /**
   * The keys: a list of their hashes; or a function that gives the keys when the app starts, such as `secret("ApiKeys")`, as the
   * JSON text `{ "<userID>": "<key>", … }`. A key has at least 16 characters.
   */
  readonly keys: readonly HashedApiKey[] | (() => string);
  /** The value of `WWW-Authenticate` on a 401. Default `ApiKey` with the header's name. */
  readonly challenge?: string;
}

const LEAST_KEY_LENGTH = 16;
const FORM =
  'apiKeys() needs keys: a list of { userID, sha256 }, or a secret that holds { "<userID>": "<key>" } as JSON';

/**
 * Makes an auth handler for API keys, which Rust compares by their hashes, in constant time and without JavaScript.
 *
 * Shape:  options -> an auth handler whose data is `{ userID }`.
 * Errors: a key that is not in the list is nobody's.
 * Example: `new Gateway({ authHandler: apiKeys({ keys: secret("ApiKeys") }) })`
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

function keyFaults(options: ApiKeysOptions): OptionFault[] {
  if (options?.keys !== undefined) return optionFaults(options, apiKeyRules);
  return [{ what: "apiKeys() has no keys", hint: `Write ${apiKeyRules.keys.expected}.` }];
}
