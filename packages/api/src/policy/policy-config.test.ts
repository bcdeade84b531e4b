import { expect, test } from "vitest";
import { policyConfig, timeoutMs, type PolicyLevel } from "./policy-config.ts";
import type { PolicyOptions } from "./policy-options.ts";

const levels = (...options: readonly PolicyOptions[]): PolicyLevel[] =>
  options.map((one, index) => ({
    name: ["app", "service users", "endpoint users.get"][index]!,
    options: one,
  }));

test("what nobody asks for is not there", () => {
  expect(policyConfig(levels({}, {}, {}))).toEqual({});
  expect(
    policyConfig(levels({ cors: false, compression: false, securityHeaders: false, etag: false })),
  ).toEqual({});
});

test("the nearest level holds as a whole, and false turns off what is set further out", () => {
  const app = { compression: { minBytes: 1 }, etag: true, cors: true };
  const service = { compression: { encodings: ["gzip"] }, cors: false } as const;
  const merged = policyConfig(levels(app, service, { etag: undefined! }));
  expect(merged).toEqual({ compression: { encodings: ["gzip"], minBytes: 1024 }, etag: true });
});

test("a limit is named after the level that sets it, so that its endpoints share the buckets", () => {
  const limit = { limit: 5, window: "2m" } as const;
  const expected = { limit: 5, windowMs: 120_000, burst: 5, key: "address" };
  expect(policyConfig(levels({ rateLimit: limit }, {}, {})).rateLimit).toEqual({ name: "app", ...expected });
  const own = policyConfig(
    levels({ rateLimit: limit }, {}, { rateLimit: { ...limit, key: { header: "X-T" } } }),
  );
  expect(own.rateLimit).toEqual({ name: "endpoint users.get", ...expected, key: { header: "X-T" } });
});

test("a limit over the fleet has the URL of its database", () => {
  const rateLimit = { limit: 5, window: "2m", store: { name: "main" } } as const;
  const { rateLimit: config } = policyConfig(
    levels({ rateLimit }),
    undefined,
    new Map([["main", "postgres://x"]]),
  );
  expect(config).toMatchObject({ store: { url: "postgres://x", whenFails: "allow" } });
});

test("headers that the endpoint declares may be sent and read", () => {
  const { cors } = policyConfig(levels({ cors: { allowHeaders: ["X-A"], maxAge: "90s" } }), {
    request: ["X-B"],
    response: ["X-C"],
  });
  expect(cors).toEqual({
    allowOriginsWithoutCredentials: ["*"],
    allowOriginsWithCredentials: [],
    allowHeaders: ["X-A", "X-B"],
    exposeHeaders: ["X-C"],
    maxAgeSeconds: 90,
    allowPrivateNetwork: false,
    debug: false,
  });
});

test("the time limit is the nearest one; null is none", () => {
  expect(timeoutMs(levels({ timeout: "5s" }, {}, {}))).toBe(5_000);
  expect(timeoutMs(levels({ timeout: "5s" }, { timeout: 7 }, { timeout: null }))).toBeNull();
  expect(timeoutMs(levels({}, {}, {}))).toBeUndefined();
});
