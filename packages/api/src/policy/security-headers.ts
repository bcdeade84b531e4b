import { parseDuration } from "@twinloop/core-native/internal";
import type { HstsOptions, SecurityHeadersOptions } from "./policy-options.ts";

type Header = readonly [name: string, value: string];

/** Security headers in the form of the Rust half. */
export interface SecurityHeaderConfig {
  /** Headers of all answers, each unless the answer has its own. */
  readonly headers: readonly Header[];
  /** Headers of answers over TLS alone. */
  readonly secureHeaders: readonly Header[];
  /** Whether answers say `x-content-type-options: nosniff`, as they do without the policy. */
  readonly contentTypeOptions: boolean;
}

const YEAR_MS = 365 * 86_400_000;

/** What a page of its own origin needs, and nothing else. Source: W3C, "Content Security Policy Level 3", section 6. */
const DEFAULT_POLICY = [
  "default-src 'self'",
  "base-uri 'self'",
  "font-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "script-src-attr 'none'",
  "style-src 'self' 'unsafe-inline'",
].join("; ");

/**
 * Renders the headers, with the defaults of those that are not named.
 *
 * Example: `{ frameOptions: "DENY", contentSecurityPolicy: false }` -> `x-frame-options: DENY`, no `content-security-policy`, and
 *         all others as by default.
 */
export function securityHeaderConfig(options: SecurityHeadersOptions): SecurityHeaderConfig {
  const { hsts = true, contentTypeOptions = true, originAgentCluster = true } = options;
  const values: readonly (readonly [string, string | false])[] = [
    ["x-frame-options", options.frameOptions ?? "SAMEORIGIN"],
    ["referrer-policy", options.referrerPolicy ?? "no-referrer"],
    ["cross-origin-opener-policy", options.crossOriginOpenerPolicy ?? "same-origin"],
    ["cross-origin-resource-policy", options.crossOriginResourcePolicy ?? "same-origin"],
    ["cross-origin-embedder-policy", options.crossOriginEmbedderPolicy ?? false],
    ["origin-agent-cluster", originAgentCluster && "?1"],
    ["permissions-policy", options.permissionsPolicy ?? false],
    ["content-security-policy", options.contentSecurityPolicy ?? DEFAULT_POLICY],
  ];
  return {
    headers: values.filter((header): header is Header => header[1] !== false),
    secureHeaders:
      hsts === false ? [] : [["strict-transport-security", hstsValue(hsts === true ? {} : hsts)]],
    contentTypeOptions,
  };
}

/** The value of `strict-transport-security`; the time in whole seconds, rounded down. Source: RFC 6797, section 6.1. */
function hstsValue({ maxAge = YEAR_MS, includeSubDomains = true, preload = false }: HstsOptions): string {
  const seconds = Math.floor((parseDuration(maxAge) ?? YEAR_MS) / 1_000);
  return `max-age=${seconds}${includeSubDomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
}
