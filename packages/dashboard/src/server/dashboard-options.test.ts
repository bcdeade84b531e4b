import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { settle } from "@twinloop/core-native/internal";
import { accessOf, dashboardProblems, dashboardRule } from "./dashboard-options.ts";

beforeEach(() => vi.stubEnv("NODE_ENV", "production"));
afterEach(() => vi.unstubAllEnvs());

const DEV = { TWINLOOP_DEV: "1", ADMIN_PORT: "4040" };
const ALL = { changes: true, databases: true };

test.each([
  ["nowhere by itself", {}, { ADMIN_PORT: "4040" }, undefined],
  ["under twinloop dev by itself", {}, DEV, ALL],
  ["not where it is turned off", { dashboard: false }, DEV, undefined],
  ["not with --no-dashboard", { dashboard: true }, { ...DEV, TWINLOOP_DASHBOARD: "off" }, undefined],
  ["where it is asked for", { dashboard: true }, {}, ALL],
  ["as far as it is asked for", { dashboard: { changes: false } }, {}, { changes: false, databases: true }],
])("questions are answered %s", (_where, options, env, access) => {
  expect(accessOf(options, env)).toEqual(access);
});

test.each([
  ["no port", {}, /ADMIN_PORT is not set/],
  ["no token", { ADMIN_PORT: "4040" }, /ADMIN_TOKEN is not set/],
])("a dashboard in production with %s is refused, with what to set", (_what, env, message) => {
  const [refused, ...others] = dashboardProblems({ dashboard: true }, env);
  expect(refused).toMatchObject({ code: "config_invalid", message: expect.stringMatching(message) });
  expect([refused!.hint.slice(0, 4), others]).toEqual(["Set ", []]);
});

test("a dashboard with a port and a token is well, and so is none", () => {
  expect(dashboardProblems({ dashboard: true }, { ADMIN_PORT: "4040", ADMIN_TOKEN: "x" })).toEqual([]);
  expect(dashboardProblems({ dashboard: false }, {})).toEqual([]);
  expect(dashboardProblems({}, {})).toEqual([]);
});

test("an unknown option and a value of another kind are refused", () => {
  const rules = { dashboard: dashboardRule };
  const problems = (dashboard: unknown) => settle({ dashboard } as never, {}, rules).problems;
  expect(problems({ write: true })).toMatchObject([{ message: expect.stringContaining("dashboard.write") }]);
  expect(problems("on")).toMatchObject([{ message: expect.stringContaining("dashboard is") }]);
  expect(problems({ changes: false })).toEqual([]);
});
