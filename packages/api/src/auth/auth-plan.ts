import {
  parseDuration,
  placeText,
  problem,
  SystemCode,
  type Manifest,
  type Node,
  type Problem,
} from "@twinloop/core-native/internal";
import type { RequestPlace } from "@twinloop/core-native/internal";
import type { AuthOption } from "../options.ts";
import { authHandlers, DeclaredAuthHandler, ReadyAuthHandler, type OwnAuthHandler } from "./auth-handler.ts";
import { authHandlerFaults, gatewayFaults } from "./auth-rules.ts";
import { gateways, type DeclaredGateway } from "./gateways.ts";

/** The name of a gateway's only auth handler. */
const ONLY = "default";
/** The most results of a cache without `max`. */
const DEFAULT_CACHED = 10_000;

/** An auth handler with all that is needed to run it. */
export interface PlannedAuthHandler {
  /** The handler's name within the gateway. */
  readonly name: string;
  readonly handler: OwnAuthHandler;
  /** Where the credentials are in a request: header, query and cookie fields, and no body. */
  readonly params: RequestPlace;
  /** The type of the handler's data; `null` where Rust makes it. */
  readonly data: number | null;
}

/** What an endpoint asks of its callers, as Rust takes it; `null` asks nothing. */
export interface GuardPlan {
  /** Whether a caller must be known; otherwise one without valid credentials is let in as nobody. */
  readonly required: boolean;
  /** The indices of the auth handlers that are tried, in this order. */
  readonly handlers: readonly number[];
}

/** The auth handlers of the app, in the order of the gateway, and the problems that keep it from starting. */
export interface AuthPlan {
  readonly handlers: readonly PlannedAuthHandler[];
  readonly problems: readonly Problem[];
}

/**
 * Finds the gateway's auth handlers and their types in the manifest; adds the types of ready-made ones to `types`. A handler's
 * place in the list is its index in Rust.
 *
 * Shape:  the manifest, `undefined` for an app without one, and its types -> the handlers, and all problems at once.
 * Errors: a problem `config_invalid` for a second gateway, for options that do not fit, and for a handler that no gateway names or
 *         that the manifest does not have.
 */
export function planAuth(manifest: Manifest | undefined, types: Node[]): AuthPlan {
  const [gateway, ...others] = gateways();
  const problems = others.map((other) =>
    fault(
      `there are two gateways${at(gateway)}${at(other, " and")}`,
      "Keep one, and give it all auth handlers: `authHandlers: { session, key }`.",
    ),
  );
  const named = gateway === undefined ? [] : namedHandlers(gateway);
  problems.push(...(gateway === undefined ? [] : gatewayFaults(gateway.options, at(gateway))));
  for (const handler of authHandlers()) {
    problems.push(...authHandlerFaults(handler, at(handler)));
    if (named.some(([, one]) => one === handler)) continue;
    const hint = "Write `export const gateway = new Gateway({ authHandler: … });`.";
    problems.push(fault(`the auth handler${at(handler)} belongs to no gateway, so it would never run`, hint));
  }
  const handlers: PlannedAuthHandler[] = [];
  for (const [name, handler] of named) {
    if (handler instanceof ReadyAuthHandler) {
      handlers.push({ name, handler, params: tokenIn(handler, types), data: null });
      continue;
    }
    if (!(handler instanceof DeclaredAuthHandler)) continue;
    const model = manifest?.authHandlers?.find((one) => one.name === name);
    if (model === undefined) problems.push(withoutTypes(name, handler));
    else handlers.push({ name, handler, params: model.params, data: model.data });
  }
  return { handlers, problems };
}

/** The handlers by name, as the gateway was given them: `gatewayFaults` tells of values that are no handlers. */
function namedHandlers({ options }: DeclaredGateway): (readonly [string, unknown])[] {
  const { authHandler, authHandlers: several } = options ?? {};
  const only = authHandler === undefined ? [] : [[ONLY, authHandler] as const];
  return [...only, ...Object.entries(several ?? {})];
}

/** The parameters of a ready-made auth handler: one header, which Rust reads as the text `token`. */
export function tokenIn({ verification: { header } }: ReadyAuthHandler, types: Node[]): RequestPlace {
  const type = types.push({ kind: "string" }) - 1;
  const field = { name: "token", in: "header", wire: header.toLowerCase(), type, optional: false } as const;
  return { fields: [field], body: null, bodyOptional: false };
}

/** The problem of a handler whose parameters are types alone, which nothing but the manifest tells at run time. */
function withoutTypes(name: string, handler: DeclaredAuthHandler): Problem {
  const message = `the auth handler ${name}${at(handler)} is not in the manifest, so its parameters are not known`;
  return fault(message, "Run `npx @twinloop/cli build`; the gateway has to name the handler's variable.");
}

/**
 * Finds whom an endpoint or a folder of files lets in.
 *
 * Shape:  the option `auth`, whose it is for messages, and the app's auth handlers -> the guard. Without the option everybody is
 *         let in, and all handlers are tried; `null` where the app has none.
 * Errors: a problem `config_invalid` for `auth` in an app without auth handlers, and for a name that no handler has.
 */
export function guardOf(
  auth: AuthOption | undefined,
  whose: string,
  handlers: readonly PlannedAuthHandler[],
): GuardPlan | null | Problem {
  const all = handlers.map((_, index) => index);
  if (auth === undefined || auth === false)
    return all.length === 0 ? null : { required: false, handlers: all };
  if (all.length === 0) {
    const hint =
      "Declare an `authHandler` and `new Gateway({ authHandler })`, in a module that the app imports.";
    return fault(`${whose} has auth, and the app has no auth handler`, hint);
  }
  if (auth === true) return { required: true, handlers: all };
  const names = typeof auth === "string" ? [auth] : auth;
  const found = names.map((name) => handlers.findIndex((one) => one.name === name));
  const missing = names.find((_, index) => found[index] === -1);
  if (missing === undefined) return { required: true, handlers: found };
  const known = handlers.map(({ name }) => name).join(", ");
  return fault(
    `${whose} has auth ${JSON.stringify(missing)}, which no auth handler is called`,
    `The gateway has ${known}.`,
  );
}

/** The names of the auth handlers whose callers a guard lets in, for calls within the app; `undefined` where any will do. */
export function admittedBy(
  guard: GuardPlan | null,
  handlers: readonly PlannedAuthHandler[],
): readonly string[] | undefined {
  if (guard === null || !guard.required || guard.handlers.length === handlers.length) return undefined;
  return guard.handlers.map((index) => handlers[index]!.name);
}

/** Tells each auth handler by which index Rust knows it, so that it can forget results. */
export function serveAuthHandlers(handlers: readonly PlannedAuthHandler[]): void {
  for (const [index, { handler, params }] of handlers.entries()) {
    if (handler instanceof DeclaredAuthHandler) handler.served = { index, fields: params.fields };
  }
}

/**
 * An auth handler in the form in which Rust takes it.
 *
 * Errors: for `jwt()` and `apiKeys()` those of reading their secrets, which fail the start of the app.
 */
export function describeAuthHandler({ name, handler, params, data }: PlannedAuthHandler): object {
  if (handler instanceof ReadyAuthHandler) {
    const { challenge, verify } = handler.verification;
    return { name, params, challenge: challenge ?? null, verify: verify() };
  }
  const { cache, challenge } = handler.options;
  return {
    name,
    params,
    data,
    challenge: challenge ?? null,
    cache: cache ? { ttlMs: parseDuration(cache.ttl), max: cache.max ?? DEFAULT_CACHED } : null,
  };
}

function fault(message: string, hint: string): Problem {
  return problem(SystemCode.ConfigInvalid, message, hint);
}

function at(what: Pick<DeclaredGateway, "site"> | undefined, word = ""): string {
  const site = what?.site;
  return site === undefined ? "" : `${word} at ${placeText(site)}`;
}
