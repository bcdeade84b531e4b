/**
 * What an auth handler says of a caller: at least who it is. The rest is the app's own.
 *
 * Example: `interface Session extends AuthData { readonly role: "admin" | "member" }`
 */
export interface AuthData {
  /** The caller's id, not empty. Rate limits with `key: "principal"` count by it, and `forgetUser()` finds results by it. */
  readonly userID: string;
}

/** A caller, and the name of the gateway's auth handler that has recognised it; none where the app's own code vouches for it. */
export interface KnownCaller {
  /** The data as `getAuthData()` returns them; parsed at the first access where they have come from Rust as text. */
  readonly data: AuthData;
  /** The auth handler's name: a key of `authHandlers`, or `default` for the only one of a gateway. */
  readonly handler: string | undefined;
}

/** Tells whether a value says who a caller is: an object with a `userID` that is a text and not empty. */
export function isIdentified(data: unknown): data is AuthData {
  if (typeof data !== "object" || data === null) return false;
  const { userID } = data as Partial<AuthData>;
  return typeof userID === "string" && userID !== "";
}
