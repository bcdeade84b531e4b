import { currentRequest } from "@twinloop/core-native";
import { Context } from "../context.ts";
import type { AuthData } from "./auth-data.ts";

/**
 * The data of whoever makes the current request, as the app's auth handler has given it; `null` where nobody is known, and
 * outside of requests. A direct call of an endpoint has the data of the request that makes it.
 *
 * Shape:  the type argument is the `Data` of the auth handler; it is not checked here. An endpoint with `auth` always has a caller,
 *         so `!` is safe in its handler.
 * Source: Encore, `getAuthData()` of `~encore/auth`.
 * Example: `const { userID } = getAuthData<AuthData>()!;`
 */
export function getAuthData<Data extends AuthData = AuthData>(): Data | null {
  const current = currentRequest();
  return current instanceof Context ? (current.auth as Data | null) : null;
}
