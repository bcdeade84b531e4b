import {
  durationWithin,
  optionBounds,
  optionProblems,
  optionRule,
  optionsOf,
  problem,
  SystemCode,
  wholeNumber,
  type OptionRule,
  type Problem,
} from "@twinloop/core-native/internal";
import { DeclaredAuthHandler, ReadyAuthHandler, type OwnAuthHandler } from "./auth-handler.ts";
import type { AuthHandlerOptions } from "./auth-options.ts";
import type { GatewayOptions } from "./gateways.ts";

const BOUNDS = optionBounds("authHandler", import.meta.url);

const handlerRules = {
  cache: optionsOf({
    ttl: durationWithin(BOUNDS.durationMs!["cache.ttl"]!),
    max: wholeNumber(BOUNDS.whole!["cache.max"]!),
  }),
  challenge: optionRule.text,
} as const satisfies Record<keyof AuthHandlerOptions, OptionRule>;

/** Whether a value is an auth handler. By class: an object of the same form from elsewhere would never be asked. */
const isHandler = (value: unknown): boolean =>
  value instanceof DeclaredAuthHandler || value instanceof ReadyAuthHandler;

const gatewayRules = {
  authHandler: { expected: "what authHandler() gives", fits: isHandler },
  authHandlers: {
    expected: "an object of what authHandler() gives, by name",
    fits: (value) =>
      typeof value === "object" &&
      value !== null &&
      Object.keys(value).length > 0 &&
      Object.values(value).every(isHandler),
  },
} as const satisfies Record<keyof GatewayOptions, OptionRule>;

/**
 * Finds what is wrong with the options of a gateway.
 *
 * Shape:  the options, which may be anything at run time, and the place of the declaration as messages have it (` at app.ts:3`, or
 *         empty) -> problems `config_invalid`.
 */
export function gatewayFaults(options: GatewayOptions, at: string): Problem[] {
  const whose = `the gateway${at}`;
  if (options?.authHandler !== undefined && options.authHandlers !== undefined)
    return [fault(whose, "has both authHandler and authHandlers", "Name them all in `authHandlers`.")];
  return optionProblems(whose, options, gatewayRules);
}

/**
 * Finds what is wrong with an auth handler: its function and options, or those of the ready-made handler that it is.
 *
 * Shape:  as for `gatewayFaults`.
 */
export function authHandlerFaults(handler: OwnAuthHandler, at: string): Problem[] {
  const whose = `the auth handler${at}`;
  if (handler instanceof ReadyAuthHandler)
    return handler.verification.faults().map(({ what, hint }) => fault(`${whose}:`, what, hint));
  const { run, options } = handler;
  const faults = optionProblems(whose, options, handlerRules);
  if (typeof run !== "function")
    faults.push(fault(whose, "has no function", "Write `authHandler<Params, Data>(async (params) => …)`."));
  if (options?.cache && options.cache.ttl === undefined)
    faults.push(fault(whose, "has a cache without a ttl", 'Write `cache: { ttl: "60s" }`.'));
  return faults;
}

function fault(whose: string, what: string, hint: string): Problem {
  return problem(SystemCode.ConfigInvalid, `${whose} ${what}`, hint);
}
