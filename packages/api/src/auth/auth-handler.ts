import {
  callSite,
  type CodePlace,
  type OptionFault,
  type RequestField,
} from "@twinloop/core-native/internal";
import { native } from "../native.ts";
import type { Context } from "../context.ts";
import type { AuthData } from "./auth-data.ts";
import type { AuthHandlerOptions } from "./auth-options.ts";
import { credentialsOf } from "./credentials.ts";

/**
 * The function of an auth handler: the caller's data, or `null` where the credentials are nobody's.
 *
 * Shape:  the parameters, which fit `Params`, and the context of the request that they came with -> the data, at once or by a
 *         promise.
 * Errors: `APIError.unauthenticated()` counts as `null`, and its message is told where the endpoint needs a caller. Data without a
 *         `userID`, or not of the type `Data`, are a fault of the app: 500 `internal`.
 */
export type AuthFunction<Params, Data> = (
  params: Params,
  context: Context,
) => Promise<Data | null> | Data | null;

declare const brand: unique symbol;

/** An auth handler: what `new Gateway()` takes. */
export interface AuthHandler<Params = never, Data extends AuthData = AuthData> {
  /**
   * Forgets the cached result for these credentials, as a sign-out has to. Holds at once in this process; others know the
   * caller until the `ttl` of their own result has passed. Does nothing without a `cache`, and before the app has started.
   *
   * Errors: `invalid_argument` for parameters that a header or cookie cannot carry.
   * Example: `await session.forget({ sid });`
   */
  forget(params: Params): Promise<void>;
  /** Forgets all cached results of a user, as a change of the password has to. Holds in this process, as `forget`. */
  forgetUser(userID: string): Promise<void>;
  /** The types of parameters and data, for TypeScript alone: no handler has the property. */
  readonly [brand]?: { readonly params: Params; readonly data: Data };
}

/** An auth handler that runs in the isolates: what `authHandler()` makes, as the runtime has it. */
export class DeclaredAuthHandler implements AuthHandler {
  readonly run: AuthFunction<never, AuthData>;
  readonly options: AuthHandlerOptions;
  readonly site: CodePlace | undefined;
  /** The handler's index in Rust and the fields of its credentials, from the start of the app on. */
  served: { readonly index: number; readonly fields: readonly RequestField[] } | undefined;

  constructor(run: AuthFunction<never, AuthData>, options: AuthHandlerOptions, site: CodePlace | undefined) {
    this.run = run;
    this.options = options;
    this.site = site;
  }

  async forget(params: object): Promise<void> {
    if (this.served === undefined || this.options.cache === undefined) return;
    const { index, fields } = this.served;
    await native.call("forget", { handler: index, ...credentialsOf(params, fields) });
  }

  async forgetUser(userID: string): Promise<void> {
    if (this.served === undefined || this.options.cache === undefined) return;
    await native.call("forget", { handler: this.served.index, userID });
  }
}

/** What a ready-made auth handler is: the header of its credentials, and how Rust verifies them. */
export interface Verification {
  /** The function that makes the handler. */
  readonly by: "jwt" | "apiKeys";
  /** The header of the credentials. Rust takes off a `Bearer` before them. */
  readonly header: string;
  /** The value of `WWW-Authenticate`; `undefined` for the one that the header suggests. */
  readonly challenge: string | undefined;
  /** Describes the verification as Rust takes it, when the app starts: it may read secrets. */
  readonly verify: () => object;
  /** Finds what is wrong with the options; called before `verify`, and reads no secret. */
  readonly faults: () => readonly OptionFault[];
}

/** An auth handler that Rust runs alone: what `jwt()` and `apiKeys()` make. */
export class ReadyAuthHandler implements AuthHandler {
  readonly verification: Verification;
  readonly site: CodePlace | undefined;

  constructor(verification: Verification, site: CodePlace | undefined) {
    this.verification = verification;
    this.site = site;
  }

  /** Does nothing: no result is kept, since each token is verified anew. */
  async forget(): Promise<void> {}

  /** Does nothing, as `forget`. */
  async forgetUser(): Promise<void> {}
}

/** An auth handler of either kind. */
export type OwnAuthHandler = DeclaredAuthHandler | ReadyAuthHandler;

/** All auth handlers, also those that no gateway names: the start of the app reports these. */
const declared: OwnAuthHandler[] = [];

/** Adds an auth handler to those of this isolate, and returns it. */
export function declareAuthHandler<Handler extends OwnAuthHandler>(handler: Handler): Handler {
  declared.push(handler);
  return handler;
}

/** The auth handlers of this isolate, in the order of their declaration. */
export function authHandlers(): readonly OwnAuthHandler[] {
  return declared;
}

/**
 * Declares who may be behind a request: a function from credentials to the caller's data.
 *
 * Shape:  `Params` has `Header`, `Query` and `Cookie` fields only, `Data` a `userID`. The function runs when a request has any
 *         of the parameters, not empty, and fits them; in the same crossing as the endpoint. What it returns is what
 *         `getAuthData()` gives; `null`, as an `APIError` of code `unauthenticated`, says that the credentials are nobody's.
 * Units:  the time limit of the endpoint holds for handler and endpoint together.
 * Errors: of an endpoint with `auth` 401 for unknown callers; without, they are let in as nobody. Any other error that the
 *         function throws is the answer.
 * Example:
 * ```ts
 * export const session = authHandler<{ sid: Cookie<"sid"> }, { userID: string }>(
 *   async ({ sid }) => sessions.find(sid),
 *   { cache: { ttl: "60s" } },
 * );
 * export const gateway = new Gateway({ authHandler: session });
 * ```
 */
export function authHandler<Params extends object, Data extends AuthData>(
  run: AuthFunction<Params, Data>,
  options: AuthHandlerOptions = {},
): AuthHandler<Params, Data> {
  const handler = new DeclaredAuthHandler(
    run as AuthFunction<never, AuthData>,
    options,
    callSite(authHandler),
  );
  return declareAuthHandler(handler) as unknown as AuthHandler<Params, Data>;
}
