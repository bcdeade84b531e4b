import { expect, test } from "vitest";
import { apiKeys } from "./api-keys.ts";
import type { OwnAuthHandler } from "./auth-handler.ts";
import { authHandlerFaults } from "./auth-rules.ts";
import { jwt } from "./jwt.ts";

const SECRET = "canary, a secret of at least 32 bytes";
const given = { issuer: "i", audience: "a", secret: SECRET };

function faults(handler: unknown): string[] {
  return authHandlerFaults(handler as OwnAuthHandler, "").map(({ message, hint }) => `${message} | ${hint}`);
}

test.each([
  [given],
  [{ issuer: ["i", "j"], audience: "a", jwks: "https://issuer/jwks", clockTolerance: "10m" }],
  [{ ...given, secret: () => SECRET, algorithms: ["HS256"], header: "x-token", userID: "email" }],
])("jwt takes %j", (options) => {
  expect(faults(jwt(options as never))).toEqual([]);
});

test.each([
  [undefined, "jwt() has no options"],
  [{ audience: "a", secret: SECRET }, "jwt() has no issuer | Write a text, or a list of texts."],
  [{ ...given, issuer: [] }, "issuer is a list | Write a text, or a list of texts."],
  [{ ...given, audience: "" }, 'audience is ""'],
  [{ issuer: "i", audience: "a" }, "jwt() has 0 of jwks, keys and secret | Give it exactly one"],
  [{ ...given, jwks: "https://issuer/jwks" }, "jwt() has 2 of jwks, keys and secret"],
  [{ ...given, algorithms: ["RS256"] }, "a secret verifies HS256 alone"],
  [{ ...given, algorithms: ["none"] }, "algorithms is a list | Write a list of RS256, ES256 and EdDSA"],
  [{ issuer: "i", audience: "a", jwks: "https://x", algorithms: ["HS256"] }, "HS256 needs a secret"],
  [{ ...given, clockTolerance: "11m" }, 'clockTolerance is "11m" | Write milliseconds as a number'],
  [{ ...given, header: "x y" }, 'header is "x y" | Write the name of a header.'],
  [{ ...given, clockTolerence: 5 }, "there is no option clockTolerence | Did you mean clockTolerance?"],
  [{ ...given, secret: 5 }, "secret is of the kind number"],
])("jwt refuses %j", (options, told) => {
  const found = faults(jwt(options as never));
  expect(found).toEqual([expect.stringContaining(`the auth handler: ${told}`)]);
  expect(found.join()).not.toContain("canary");
});

test.each([
  [{}, "apiKeys() has no keys"],
  [{ keys: [] }, "keys is a list | Write a list of { userID, sha256 }"],
  [{ keys: [{ userID: "u", sha256: "canary" }] }, "keys is a list"],
  [{ keys: () => "{}", headers: "x" }, "there is no option headers | Did you mean header?"],
])("apiKeys refuses %j", (options, told) => {
  const found = faults(apiKeys(options as never));
  expect(found).toEqual([expect.stringContaining(`the auth handler: ${told}`)]);
  expect(found.join()).not.toContain("canary");
});
