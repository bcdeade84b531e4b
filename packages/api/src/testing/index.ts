/**
 * Tests of an app without a port: requests and calls go through the whole edge, in memory.
 *
 * Import this above the app's own modules: their `start()` then opens nothing, and their databases are copies.
 *
 * Example:
 * ```ts
 * import { testApp } from "@twinloop/api/testing";
 * import { expect, test } from "vitest";
 * import { shorten } from "./links.ts";
 *
 * test("a link is shortened", async () => {
 *   await using app = await testApp();
 *   const { slug } = await app.call(shorten, { url: "https://example.com" });
 *   const answer = await app.request(`/links/${slug}`);
 *   expect(answer.status).toBe(200);
 * });
 * ```
 *
 * @packageDocumentation
 */
import { enterTestMode } from "@twinloop/core-native/internal";

enterTestMode();

export type { TestCallOptions } from "./test-call.ts";
export type { TestRequestInit } from "./test-request.ts";
export {
  testApp,
  type CallArguments,
  type InputOf,
  type TestedMessage,
  type ResultOf,
  type TestApp,
  type TestAppOptions,
  type TestClock,
  type TestedEndpoint,
  type TestedTopic,
  type TestMessages,
} from "./test-app.ts";
