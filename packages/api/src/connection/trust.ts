import {
  either,
  oneOf,
  optionRule,
  optionsOf,
  problem,
  SystemCode,
  type OptionRule,
  type Problem,
} from "@twinloop/core-native/internal";

/**
 * A trusted proxy: an address, a network such as `10.0.0.0/8`, `loopback` (127.0.0.0/8, ::1), `linklocal` (169.254.0.0/16,
 * fe80::/10), `private` (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7), or `unix` for whoever connects to the unix socket.
 */
export type TrustedProxy = string;

/**
 * The proxies whose forwarding headers are believed, and which headers they write. The walk goes from the connection backwards,
 * from one proxy to the next, and ends at the first address that is not trusted: that is the client's.
 *
 * Example: `await start({ trustProxy: { from: ["10.0.0.0/8"], header: "x-forwarded" } })`
 */
export interface TrustProxyOptions {
  /** The proxies. `TRUST_PROXY`, separated by commas, replaces them. */
  readonly from: readonly TrustedProxy[];
  /**
   * The headers that the proxies write: `forwarded` (RFC 7239), or `x-forwarded` for `x-forwarded-for`, `-proto` and `-host`.
   * Without it those are read that are there; where both are, they must name the same addresses or none is believed.
   */
  readonly header?: "forwarded" | "x-forwarded";
}

/** The rule of `start({ trustProxy })`. */
export const trustProxyRule: OptionRule = either(
  optionRule.texts,
  optionsOf({ from: optionRule.texts, header: oneOf("forwarded", "x-forwarded") }),
);

/** The configuration of the Rust half, which reads the networks and refuses the start for one that is none. */
export interface TrustConfig {
  readonly from: readonly string[];
  readonly header?: "forwarded" | "x-forwarded";
}

/**
 * Reads which proxies are trusted. `TRUST_PROXY`, a list separated by commas, overrides the addresses of the option; set and
 * empty it trusts none.
 *
 * Shape:  the option, a list of proxies or an object, and the environment -> the proxies, and the header where the option names
 *         one.
 */
export function trustConfig(
  given: readonly TrustedProxy[] | TrustProxyOptions | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): TrustConfig {
  const { from = [], header } = isList(given) ? { from: given } : (given ?? {});
  const named = environment["TRUST_PROXY"]?.split(",").map((one) => one.trim());
  const proxies = named === undefined ? from : named.filter((one) => one !== "");
  return { from: proxies, ...(header === undefined ? {} : { header }) };
}

/** Finds what is missing in the option; the networks themselves are read in Rust. */
export function trustProblems(given: readonly TrustedProxy[] | TrustProxyOptions | undefined): Problem[] {
  if (given === undefined || isList(given) || given.from !== undefined) return [];
  const hint = 'Write the proxies\' addresses, as in `trustProxy: { from: ["10.0.0.0/8"] }`.';
  return [problem(SystemCode.ConfigInvalid, "start(): trustProxy has no `from`", hint)];
}

function isList<Entry>(given: readonly Entry[] | object | undefined): given is readonly Entry[] {
  return Array.isArray(given);
}
