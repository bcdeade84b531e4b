import type { PolicyOptions } from "../dist/index.js";

/**
 * Every policy of the edge where `EVERY_POLICY` is set, otherwise none: suites of hostile input run with both and must see no
 * difference.
 */
export function everyPolicy(): PolicyOptions {
  if (process.env["EVERY_POLICY"] === undefined) return {};
  return {
    cors: { allowOriginsWithCredentials: ["https://own.example"], allowHeaders: ["*"], exposeHeaders: ["*"] },
    compression: { minBytes: 0 },
    rateLimit: { limit: 1_000_000, window: "1s" },
    securityHeaders: true,
    etag: true,
  };
}
