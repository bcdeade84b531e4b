import type { Duration } from "../options/duration.ts";
import { DURATION_FORM, parseDuration } from "../options/duration.ts";
import type { FetchOptions } from "./outgoing-span.ts";
import { either, oneOf, optionRule, optionsOf, type OptionRule } from "../options/option-rule.ts";

/** Which requests have a line in the access log. */
export type AccessLog = "all" | "errors" | "off" | `slow:${Duration & string}`;

/** The options of `start()` for what the app tells of itself; environment variables override them. */
export interface TelemetryOptions {
  /**
   * The requests that have a line in the log: `all`, `errors` (status 500 and above, and refusals by Rust), `slow:200ms`, or `off`.
   * Default `all`; in tests `off`. Environment: `ACCESS_LOG`.
   */
  readonly accessLog?: AccessLog;
  /** The duration above which a query is logged, with its text and without parameters. Default 500 ms. Environment: `SLOW_QUERY`. */
  readonly slowQuery?: Duration | "off";
  /**
   * The duration above which an event loop that does not turn is logged, with the handler that runs. Default 200 ms. Environment:
   * `STALL_LOG`.
   */
  readonly stallLog?: Duration | "off";
  /** The duration above which an operation keeps its trace, whatever the sampler has said. Default 1 s. Environment: `TRACE_SLOW`. */
  readonly traceSlow?: Duration;
  /**
   * The port of the admin server, which answers health, metrics and what operators ask; 0 takes a free one. Default none, and 4040
   * under `twinloop dev`. Environment: `ADMIN_PORT`; `off` there for none.
   */
  readonly adminPort?: number;
  /**
   * The address that the admin server listens on. Another than loopback wants the variable `ADMIN_TOKEN`. Default `127.0.0.1`.
   * Environment: `ADMIN_HOST`.
   */
  readonly adminHost?: string;
  /** The names by which the admin server may be asked, beside its address. Environment: `ADMIN_ALLOWED_HOSTS`, separated by commas. */
  readonly adminAllowedHosts?: readonly string[];
  /**
   * Whether requests by `fetch`, `node:http` and `node:https` within an operation carry its trace to other servers, and are spans of
   * their own; `except` has the hosts that are told nothing. Default true.
   */
  readonly fetch?: boolean | FetchOptions;
}

/** The rule of one value that is a duration or `off`. */
const durationOrOff: OptionRule = either(optionRule.duration, oneOf("off"));

/** The forms of `accessLog`. */
export const accessLogRule: OptionRule = {
  expected: "all, errors, off, or slow: with a duration, such as slow:200ms",
  fits: (value) => typeof value === "string" && accessLogOf(value) !== undefined,
};

/** The rule of the option `telemetry` of `start()`. */
export const telemetryRule: OptionRule = optionsOf({
  accessLog: accessLogRule,
  slowQuery: durationOrOff,
  stallLog: durationOrOff,
  traceSlow: optionRule.duration,
  adminPort: { expected: "a whole number from 0 to 65535", fits: isPort },
  adminHost: optionRule.text,
  adminAllowedHosts: optionRule.texts,
  fetch: either(optionRule.boolean, optionsOf({ except: optionRule.texts })),
} satisfies Record<keyof TelemetryOptions, OptionRule>);

/** Whether a value is the number of a port. */
export function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
}

/** The access log as Rust takes it. */
export interface AccessSettings {
  readonly mode: "all" | "errors" | "slow" | "off";
  /** The duration from which a request is slow, in milliseconds; 0 where the mode is another. */
  readonly slowMs: number;
}

/** Reads the form of `accessLog`; `undefined` for what is none. */
export function accessLogOf(text: string): AccessSettings | undefined {
  if (text === "all" || text === "errors" || text === "off") return { mode: text, slowMs: 0 };
  const slowMs = text.startsWith("slow:") ? parseDuration(text.slice("slow:".length)) : undefined;
  return slowMs === undefined ? undefined : { mode: "slow", slowMs };
}

/** The form of a duration that may be switched off, in words. */
export const DURATION_OR_OFF: string = `${DURATION_FORM}, or off`;
