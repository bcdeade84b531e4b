import { expect, test } from "vitest";
import { readServiceUrls, serviceVariable } from "./service-variables.ts";

test.each([
  ["users", "SERVICE_USERS_URL"],
  ["click-counts", "SERVICE_CLICK_COUNTS_URL"],
  ["a..b", "SERVICE_A_B_URL"],
])("%s has %s", (name, variable) => {
  expect(serviceVariable(name)).toBe(variable);
});

test("each service that has a URL is found, and an empty variable counts as unset", () => {
  const env = { SERVICE_USERS_URL: "http://users:4000/base", SERVICE_CLICKS_URL: "", OTHER_URL: "x" };
  const { urls, faults } = readServiceUrls(["users", "clicks"], env);
  expect(faults).toEqual([]);
  expect([...urls].map(([name, url]) => [name, url.href])).toEqual([["users", "http://users:4000/base"]]);
});

test.each([
  ["SERVICE_USERS_URL", "users:4000", /^SERVICE_USERS_URL has the scheme users$/, /http or https/],
  ["SERVICE_USERS_URL", "/users", /^SERVICE_USERS_URL is no URL$/, /http or https/],
  ["SERVICE_USERS_URL", "ftp://users", /has the scheme ftp$/, /http or https/],
  ["SERVICE_USERS_URL", "http://a:canary@users", /holds a user name or a password$/, /SERVICE_AUTH_SECRET/],
  ["SERVICE_USERS_URL", "http://users/?a=canary", /has a query or a fragment$/, /base/],
  ["SERVICE_USER_URL", "http://users", /^SERVICE_USER_URL names no service/, /SERVICE_USERS_URL \(users\)/],
  ["SERVICE_A_B_URL", "http://users", /^SERVICE_A_B_URL is the variable of 2 services: a-b, a_b$/, /Rename/],
])("%s=%s is a fault", (variable, value, message, hint) => {
  const { urls, faults } = readServiceUrls(["users", "a-b", "a_b"], { [variable]: value });
  expect(urls.size).toBe(0);
  expect(faults).toEqual([
    { message: expect.stringMatching(message) as string, hint: expect.stringMatching(hint) as string },
  ]);
  expect(JSON.stringify(faults)).not.toContain("canary");
});
