import { createHash } from "node:crypto";
import { callSite } from "@twinloop/core-native/internal";
import type { AuthData } from "./auth-data.ts";
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

function keyFaults(options: ApiKeysOptions): string[] {
  const keys: unknown = options?.keys;
  if (typeof keys === "function") return [];
  const isKey = ({ userID, sha256 }: Partial<HashedApiKey>): boolean =>
    typeof userID === "string" && userID !== "" && /^[0-9a-f]{64}$/i.test(String(sha256));
  const fits = Array.isArray(keys) && keys.length > 0 && keys.every((one) => one && isKey(one as object));
  return fits ? [] : [FORM];
}
