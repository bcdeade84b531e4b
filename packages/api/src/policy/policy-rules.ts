import {
  durationWithin,
  either,
  oneOf,
  optionBounds,
  optionRule,
  optionsOf,
  orNull,
  wholeNumber,
  type OptionRule,
} from "@twinloop/core-native/internal";
import type {
  CompressionOptions,
  ContentEncoding,
  CorsOptions,
  HstsOptions,
  PolicyOptions,
  RateLimitOptions,
  SecurityHeadersOptions,
} from "./policy-options.ts";

/** The bounds of the policies are the same for every declarator of an endpoint. */
const BOUNDS = optionBounds("api", import.meta.url);

/** Characters that a header value must not hold (RFC 9110, 5.5). */
// oxlint-disable-next-line no-control-regex
const UNSENDABLE = /[\0-\x08\x0a-\x1f\x7f]|[^\0-\xff]/;

/** A value of a header. An empty one is refused: `false` is what turns a header off. */
const headerText: OptionRule = {
  expected: "a text that a header can carry",
  fits: (value) => typeof value === "string" && value !== "" && !UNSENDABLE.test(value),
};

const headerTextOrOff = either(headerText, oneOf(false));

const ENCODINGS = ["br", "gzip", "zstd"] as const satisfies readonly ContentEncoding[];

/** A list of codings, at least one: `compression: false` turns compression off. */
const encodings: OptionRule = {
  expected: `a list of ${ENCODINGS.map((one) => JSON.stringify(one)).join(", ")}`,
  fits: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => ENCODINGS.includes(one as ContentEncoding)),
};

const cors = optionsOf({
  allowOriginsWithoutCredentials: optionRule.texts,
  allowOriginsWithCredentials: optionRule.texts,
  allowHeaders: optionRule.texts,
  exposeHeaders: optionRule.texts,
  maxAge: optionRule.duration,
  allowPrivateNetwork: optionRule.boolean,
  debug: optionRule.boolean,
} satisfies Record<keyof CorsOptions, OptionRule>);

const compression = optionsOf({
  encodings,
  minBytes: wholeNumber(BOUNDS.whole!["compression.minBytes"]!),
} satisfies Record<keyof CompressionOptions, OptionRule>);

/** Anything with a name: whether it is a database of the app is looked up at the start, by `storeProblems`. */
const store: OptionRule = {
  expected: "a database of the app, an SQLDatabase",
  fits: (value) =>
    typeof value === "object" && value !== null && typeof (value as { name?: unknown }).name === "string",
};

const rateLimit = {
  ...optionsOf({
    limit: wholeNumber(BOUNDS.whole!["rateLimit.limit"]!),
    window: durationWithin(BOUNDS.durationMs!["rateLimit.window"]!),
    key: either(oneOf("address", "principal"), optionsOf({ header: optionRule.text })),
    burst: wholeNumber(BOUNDS.whole!["rateLimit.burst"]!),
    store,
    whenStoreFails: oneOf("allow", "refuse"),
  } satisfies Record<keyof RateLimitOptions, OptionRule>),
  expected: 'an object with limit and window, such as { limit: 100, window: "60s" }',
};

const hsts = optionsOf({
  maxAge: optionRule.duration,
  includeSubDomains: optionRule.boolean,
  preload: optionRule.boolean,
} satisfies Record<keyof HstsOptions, OptionRule>);

const securityHeaders = optionsOf({
  contentTypeOptions: optionRule.boolean,
  frameOptions: oneOf("DENY", "SAMEORIGIN", false),
  referrerPolicy: headerTextOrOff,
  hsts: either(optionRule.boolean, hsts),
  crossOriginOpenerPolicy: headerTextOrOff,
  crossOriginResourcePolicy: oneOf("same-origin", "same-site", "cross-origin", false),
  crossOriginEmbedderPolicy: headerTextOrOff,
  originAgentCluster: optionRule.boolean,
  permissionsPolicy: headerTextOrOff,
  contentSecurityPolicy: headerTextOrOff,
} satisfies Record<keyof SecurityHeadersOptions, OptionRule>);

/** A rate limit with the two options that have no default. */
const hasLimitAndWindow: OptionRule = {
  ...rateLimit,
  fits: (value) => rateLimit.fits(value) && "limit" in (value as object) && "window" in (value as object),
};

/**
 * The rules of the policies, which the app, services and endpoints share. They check each option by itself; origins and headers are
 * read in Rust, which refuses the start for one that is none.
 */
export const policyRules: Readonly<Record<keyof PolicyOptions, OptionRule>> = {
  cors: either(optionRule.boolean, cors),
  compression: either(optionRule.boolean, compression),
  rateLimit: either(hasLimitAndWindow, oneOf(false)),
  securityHeaders: either(optionRule.boolean, securityHeaders),
  etag: optionRule.boolean,
  timeout: orNull(durationWithin(BOUNDS.durationMs!["timeout"]!)),
};
