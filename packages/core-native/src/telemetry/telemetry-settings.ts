import { isIP } from "node:net";
import { problem, type Problem } from "../errors/error.ts";
import { LOG_FORMATS } from "../log/log.ts";
import { parseDuration } from "../options/duration.ts";
import { shownOption } from "../options/option-rule.ts";
import { otelProblems, otelVariables } from "./otel-variables.ts";
import {
  accessLogOf,
  accessLogRule,
  DURATION_OR_OFF,
  isPort,
  type AccessSettings,
  type TelemetryOptions,
} from "./telemetry-options.ts";

/** The admin server, as Rust takes it. */
export interface AdminSettings {
  readonly port: number;
  readonly host: string;
  readonly token: string | null;
  /** Whether `/metrics` wants the token too. */
  readonly metricsToken: boolean;
  readonly allowedHosts: readonly string[];
}

/** What the app tells of itself, after environment variables and defaults are applied. */
export interface TelemetrySettings {
  readonly accessLog: AccessSettings;
  /** The duration above which a query is logged; `null` for none. */
  readonly slowQueryMs: number | null;
  /** The duration above which an event loop that stands is logged; `null` for none. */
  readonly stallMs: number | null;
  readonly traceSlowMs: number;
  readonly otel: Readonly<Record<string, string>>;
  /** `null` without an admin server. */
  readonly admin: AdminSettings | null;
  /** Whether the admin server's port is the default, for which another may stand in. */
  readonly isPortByDefault: boolean;
}

/** Where the app runs, as far as defaults depend on it. */
export interface TelemetryPlace {
  /** Whether a test has started the app: then the access log and the admin server are off unless they are asked for. */
  readonly isTest: boolean;
  readonly environment: NodeJS.ProcessEnv;
}

const SLOW_QUERY_MS = 500;
const STALL_MS = 200;
const TRACE_SLOW_MS = 1_000;
const DEV_ADMIN_PORT = 4040;
const LOOPBACK = "127.0.0.1";

/**
 * Applies environment variables and defaults to the options of telemetry. Reports problems; what is wrong has its default.
 *
 * Shape: `start({ telemetry })` and the variables -> the settings for Rust, and problems with the variable's or option's name.
 */
export function telemetrySettings(
  options: TelemetryOptions,
  place: TelemetryPlace,
): { settings: TelemetrySettings; problems: Problem[] } {
  const reader = new TelemetryReader(options, place.environment);
  const otel = otelVariables(place.environment);
  const { admin, isPortByDefault } = adminOf(reader, place);
  const settings: TelemetrySettings = {
    accessLog: reader.accessLog() ?? accessLogOf(place.isTest ? "off" : "all")!,
    slowQueryMs: reader.limit("SLOW_QUERY", "slowQuery", SLOW_QUERY_MS),
    stallMs: reader.limit("STALL_LOG", "stallLog", STALL_MS),
    traceSlowMs: reader.limit("TRACE_SLOW", "traceSlow", TRACE_SLOW_MS) ?? TRACE_SLOW_MS,
    otel,
    admin,
    isPortByDefault,
  };
  reader.oneOf("LOG_FORMAT", LOG_FORMATS);
  return { settings, problems: [...reader.problems, ...otelProblems(otel)] };
}

/** Reads each setting from its variable where that is set, else from its option. Wrong options are reported by their rules. */
class TelemetryReader {
  readonly problems: Problem[] = [];
  readonly options: TelemetryOptions;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(options: TelemetryOptions, environment: NodeJS.ProcessEnv) {
    // What is no object is reported by the rules of `start()`.
    this.options = typeof options === "object" && options !== null ? options : {};
    this.#environment = environment;
  }

  /** The value of a variable; `undefined` where it is unset or empty. */
  variable(name: string): string | undefined {
    return this.#environment[name]?.trim() || undefined;
  }

  refuse(name: string, value: unknown, expected: string): void {
    this.problems.push(problem("config_invalid", `${name} is ${shownOption(value)}`, `Write ${expected}.`));
  }

  accessLog(): AccessSettings | undefined {
    const given = this.variable("ACCESS_LOG");
    if (given === undefined) {
      const { accessLog } = this.options;
      return typeof accessLog === "string" ? accessLogOf(accessLog) : undefined;
    }
    const found = accessLogOf(given);
    if (found === undefined) this.refuse("ACCESS_LOG", given, accessLogRule.expected);
    return found;
  }

  /** Reads a duration in milliseconds; `null` for `off`. */
  limit(variable: string, option: "slowQuery" | "stallLog" | "traceSlow", byDefault: number): number | null {
    const text = this.variable(variable);
    const given = text === undefined ? this.options[option] : /^\d{1,15}$/.test(text) ? Number(text) : text;
    if (given === undefined) return byDefault;
    if (given === "off" && option !== "traceSlow") return null;
    const ms = parseDuration(given);
    if (ms === undefined && text !== undefined) this.refuse(variable, text, DURATION_OR_OFF);
    return ms ?? byDefault;
  }

  oneOf(variable: string, choices: readonly string[]): void {
    const given = this.variable(variable);
    if (given !== undefined && !choices.includes(given.toLowerCase())) {
      this.refuse(variable, given, choices.join(", ").replace(/, (\w+)$/, " or $1"));
    }
  }
}

function adminOf(
  reader: TelemetryReader,
  { isTest, environment }: TelemetryPlace,
): Pick<TelemetrySettings, "admin" | "isPortByDefault"> {
  const isDev = environment["TWINLOOP_DEV"] === "1" && !isTest;
  const asked = askedPort(reader);
  const port = asked ?? (isDev ? DEV_ADMIN_PORT : null);
  if (port === null || port === "off") return { admin: null, isPortByDefault: false };
  const { adminHost, adminAllowedHosts = [] } = reader.options;
  const host = reader.variable("ADMIN_HOST") ?? (typeof adminHost === "string" ? adminHost : LOOPBACK);
  const token = reader.variable("ADMIN_TOKEN") ?? null;
  const names = reader.variable("ADMIN_ALLOWED_HOSTS")?.split(",") ?? adminAllowedHosts;
  const allowedHosts = names.map((name) => name.trim()).filter(Boolean);
  reader.oneOf("ADMIN_METRICS_TOKEN", ["required", "none"]);
  const metricsToken = reader.variable("ADMIN_METRICS_TOKEN")?.toLowerCase() === "required";
  checkAdmin(reader, { host, token, metricsToken });
  return { admin: { port, host, token, metricsToken, allowedHosts }, isPortByDefault: asked === undefined };
}

function checkAdmin(
  reader: TelemetryReader,
  { host, token, metricsToken }: Pick<AdminSettings, "host" | "token" | "metricsToken">,
): void {
  const refuse = (message: string, hint: string): void => {
    reader.problems.push(problem("config_invalid", message, hint));
  };
  const random = "Set ADMIN_TOKEN to a long random text, such as the output of `openssl rand -base64 32`";
  if (token === null && metricsToken) {
    refuse("ADMIN_METRICS_TOKEN is required, and there is no ADMIN_TOKEN", `${random}.`);
  }
  if (token !== null && token.length < MIN_TOKEN) {
    refuse(`ADMIN_TOKEN has fewer than ${MIN_TOKEN} characters`, `${random}.`);
  }
  if (token === null && !isLoopback(host)) {
    const message = `the admin server would listen on ${shownOption(host)} without a token`;
    refuse(message, `${random}, or leave ADMIN_HOST out: it then listens on ${LOOPBACK} alone.`);
  }
}

/** The least characters of a token, so that nobody guesses it. */
const MIN_TOKEN = 16;

function askedPort(reader: TelemetryReader): number | "off" | undefined {
  const text = reader.variable("ADMIN_PORT");
  if (text === undefined) return isPort(reader.options.adminPort) ? reader.options.adminPort : undefined;
  if (text === "off") return "off";
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (isPort(port)) return port;
  reader.refuse("ADMIN_PORT", text, "a whole number from 0 to 65535, or off");
  return undefined;
}

/** Whether only programs of this machine reach an address. */
function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}
