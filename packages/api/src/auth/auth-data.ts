/** What an auth handler says of a caller: at least who it is. The rest is the app's own. */
export interface AuthData {
  /** The caller's id, not empty. Rate limits by principal count by it. */
  readonly userID: string;
}

/** A caller, and the name of the gateway's auth handler that has recognised it; none where the app's own code vouches for it. */
export interface KnownCaller {
  readonly data: AuthData;
  readonly handler: string | undefined;
}

/** Tells whether a value says who a caller is: an object with a `userID` that is a text and not empty. */
export function isIdentified(data: unknown): data is AuthData {
  if (typeof data !== "object" || data === null) return false;
  const { userID } = data as Partial<AuthData>;
  return typeof userID === "string" && userID !== "";
}
