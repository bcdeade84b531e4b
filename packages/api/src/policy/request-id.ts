import { either, oneOf, optionRule, optionsOf, type OptionRule } from "@twinloop/core-native/internal";

/**
 * Where request ids come from. `random`: the process makes them, or takes the trace id of the caller's `traceparent`. `trusted`:
 * the header of a trusted proxy (see `trustProxy`) comes first, if it holds 32 hex digits or a UUID. `off`: as `random`, and
 * answers do not tell them.
 *
 * Source: W3C Trace Context, section 3.2, for `traceparent`.
 */
export type RequestIdSource = "random" | "trusted" | "off";

/** The source of request ids, and the header that carries them. */
export interface RequestIdOptions {
  /** Where ids come from. Default `random`. */
  readonly from?: RequestIdSource;
  /** The header of requests from trusted proxies, and of answers. Default `x-request-id`. */
  readonly header?: string;
}

const source = oneOf("random", "trusted", "off");

/** The rule of `start({ requestId })`. */
export const requestIdRule: OptionRule = either(source, optionsOf({ from: source, header: optionRule.text }));

/** The option in the form of the Rust half, which has the defaults: a text is `from` alone. */
export function requestIdConfig(given: RequestIdSource | RequestIdOptions = {}): RequestIdOptions {
  return typeof given === "string" ? { from: given } : given;
}
