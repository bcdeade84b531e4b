import {
  either,
  oneOf,
  optionRule,
  optionsOf,
  problem,
  SystemCode,
  wholeNumber,
  type OptionRule,
  type OptionRules,
  type Problem,
} from "@twinloop/core-native/internal";
import type { StartOptions } from "@twinloop/core-native";
import type { CertificateFiles, ProxyProtocol, TlsOptions, UnixOptions } from "./listen-types.ts";
import { trustConfig, trustProblems, trustProxyRule, type TrustConfig } from "./trust.ts";

/** The permissions of a unix socket: its owner and group may connect. */
const DEFAULT_MODE = 0o660;

// The values of options with a choice, which the rules and the variables share.
const PROXY_PROTOCOL = ["off", "optional", "required"] as const;
const CLIENT_CERT = ["none", "optional", "required"] as const;
const MIN_VERSION = ["1.2", "1.3"] as const;

const certificateRules = {
  cert: optionRule.text,
  key: optionRule.text,
} satisfies Record<keyof CertificateFiles, OptionRule>;

/** Whether a value names the two files of a certificate, and nothing else. */
const isFiles = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).sort().join() === "cert,key" &&
  Object.values(value).every((file) => typeof file === "string");

const sniRule: OptionRule = {
  expected: 'an object of host names, each with its files: { "shop.example": { cert, key } }',
  fits: (value) =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(isFiles),
};

/** The rules of the options of `start()` that say where and how the server listens. */
export const listenRules: OptionRules = {
  unix: either(
    optionRule.text,
    optionsOf({
      path: optionRule.text,
      mode: wholeNumber({ least: 0, most: 0o777 }),
      tls: optionRule.boolean,
    } satisfies Record<keyof UnixOptions, OptionRule>),
  ),
  tls: optionsOf({
    ...certificateRules,
    ca: optionRule.text,
    clientCert: oneOf(...CLIENT_CERT),
    sni: sniRule,
    minVersion: oneOf(...MIN_VERSION),
  } satisfies Record<keyof TlsOptions, OptionRule>),
  http2: optionRule.boolean,
  proxyProtocol: oneOf(...PROXY_PROTOCOL),
  trustProxy: trustProxyRule,
};

/** Where and how the Rust half listens. */
interface ListenConfig {
  /** The host; `undefined` where the server has its unix socket alone. */
  readonly host: string | undefined;
  /** The port; 0 takes any that is free. */
  readonly port: number;
  readonly unix: { readonly path: string; readonly mode: number; readonly tls: boolean } | undefined;
  /** TLS with the files of its certificates; `undefined` serves without. */
  readonly tls: TlsOptions | undefined;
  /** Whether HTTP/2 is spoken: where a client chooses it by ALPN, or begins with it on a connection without TLS. */
  readonly http2: boolean;
  readonly proxyProtocol: ProxyProtocol;
  readonly trustProxy: TrustConfig;
}

/**
 * Applies environment variables and defaults to the options.
 *
 * Shape:  of a unix socket, TLS, HTTP/2 and the PROXY protocol, a variable that is set and not empty comes first, then the
 *         option, then the default: `TWINLOOP_UNIX`, `TLS_CERT`, `TLS_KEY`, `TLS_CA`, `TLS_CLIENT_CERT`, `TLS_MIN_VERSION`,
 *         `TWINLOOP_HTTP2` (default true), `TWINLOOP_PROXY_PROTOCOL` (default `off`). Values are not checked here:
 *         `listenProblems` has refused bad ones.
 * Units:  the host is 127.0.0.1 by default, in production 0.0.0.0; a unix socket has the permissions `0o660` by default.
 */
export function listenConfig(
  options: StartOptions,
  defaultPort: number,
  environment: NodeJS.ProcessEnv = process.env,
): ListenConfig {
  const unix = unixOptions(options, environment);
  // Whoever names a unix socket and neither host nor port wants no port.
  const isUnixAlone = unix !== undefined && options.host === undefined && options.port === undefined;
  const host = options.host ?? (environment["NODE_ENV"] === "production" ? "0.0.0.0" : "127.0.0.1");
  return {
    host: isUnixAlone ? undefined : host,
    port: options.port ?? defaultPort,
    unix: unix && { path: unix.path, mode: unix.mode ?? DEFAULT_MODE, tls: unix.tls ?? false },
    tls: tlsOptions(options, environment),
    http2: environment["TWINLOOP_HTTP2"] ? environment["TWINLOOP_HTTP2"] === "true" : (options.http2 ?? true),
    proxyProtocol: (environment["TWINLOOP_PROXY_PROTOCOL"] ||
      options.proxyProtocol ||
      "off") as ProxyProtocol,
    trustProxy: trustConfig(options.trustProxy, environment),
  };
}

/**
 * The edge of an app in a test: nothing is listened on, and requests come from the app's own isolate. Proxies are trusted as
 * otherwise, so that a test can send their headers.
 */
export function inMemoryConfig({ trustProxy }: StartOptions): object {
  return { inMemory: true, http2: false, trustProxy: trustConfig(trustProxy, process.env) };
}

/**
 * Finds what cannot be served, as far as no file has to be read; the rest is found when the Rust half reads the files.
 *
 * Shape:  the options, whose types the rules have checked, and the environment -> problems `config_invalid`: variables with a value
 *         that is no choice, a unix socket without a path, a certificate without its key, and a `trustProxy` without `from`.
 */
export function listenProblems(
  options: StartOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Problem[] {
  const problems = trustProblems(options.trustProxy);
  const needs = (what: string, hint: string): void => {
    problems.push(problem(SystemCode.ConfigInvalid, what, hint));
  };
  const choices: readonly (readonly [string, readonly string[]])[] = [
    ["TWINLOOP_HTTP2", ["true", "false"]],
    ["TWINLOOP_PROXY_PROTOCOL", PROXY_PROTOCOL],
    ["TLS_CLIENT_CERT", CLIENT_CERT],
    ["TLS_MIN_VERSION", MIN_VERSION],
  ];
  for (const [name, allowed] of choices) {
    const value = environment[name];
    if (value && !allowed.includes(value))
      needs(`${name} is ${JSON.stringify(value)}`, `Set it to ${allowed.join(" or ")}, or unset it.`);
  }
  const { unix } = options;
  if (typeof unix === "object" && unix.path === undefined && !environment["TWINLOOP_UNIX"])
    needs("start(): unix has no path", 'Write `unix: { path: "/run/app.sock" }`.');
  const tls = tlsOptions(options, environment);
  if (tls !== undefined && (!tls.cert || !tls.key)) {
    const missing = tls.cert ? ["key", "TLS_KEY"] : ["cert", "TLS_CERT"];
    needs(`start(): tls has no ${missing[0]}`, `Name its PEM file, or set ${missing[1]}.`);
  }
  return problems;
}

/** The unix socket with the path of `TWINLOOP_UNIX` where that is set; `undefined` for a server without one. */
function unixOptions({ unix }: StartOptions, environment: NodeJS.ProcessEnv): UnixOptions | undefined {
  const given = typeof unix === "string" ? { path: unix } : unix;
  const path = environment["TWINLOOP_UNIX"];
  return path ? { ...given, path } : given;
}

/** The variables of TLS by the options that they replace, one by one: a certificate may come from the option, its key from here. */
const TLS_VARIABLES = {
  TLS_CERT: "cert",
  TLS_KEY: "key",
  TLS_CA: "ca",
  TLS_CLIENT_CERT: "clientCert",
  TLS_MIN_VERSION: "minVersion",
} as const satisfies Record<string, keyof TlsOptions>;

/** The options of TLS with those that variables replace. Any of the variables turns TLS on, also without the option. */
function tlsOptions({ tls }: StartOptions, environment: NodeJS.ProcessEnv): TlsOptions | undefined {
  const set = Object.entries(TLS_VARIABLES).filter(([variable]) => environment[variable]);
  if (set.length === 0) return tls;
  const named = Object.fromEntries(set.map(([variable, option]) => [option, environment[variable]]));
  return { ...tls, ...named } as TlsOptions;
}
