/**
 * Who makes a request: auth handlers, and the data of the caller.
 *
 * @packageDocumentation
 */
export type { AuthData } from "./auth-data.ts";
export { authHandler, type AuthFunction, type AuthHandler } from "./auth-handler.ts";
export { apiKeys, type ApiKeysOptions, type HashedApiKey } from "./api-keys.ts";
export { jwt, type JwtAlgorithm, type JwtData, type JwtKey, type JwtOptions } from "./jwt.ts";
export { getAuthData } from "./get-auth-data.ts";
export type { AuthCacheOptions, AuthHandlerOptions } from "./auth-options.ts";
