import { expect, test } from "vitest";
import { buildMeta, environmentMeta } from "./app-meta.ts";

test.each([
  [{}, { name: "development", type: "development", cloud: "local" }],
  [{ NODE_ENV: "" }, { name: "development", type: "development", cloud: "local" }],
  [
    { NODE_ENV: "staging", K_SERVICE: "a" },
    { name: "staging", type: "development", cloud: "gcp" },
  ],
  [
    { NODE_ENV: "production", AWS_EXECUTION_ENV: "a" },
    { name: "production", type: "production", cloud: "aws" },
  ],
  [
    { NODE_ENV: "test", WEBSITE_INSTANCE_ID: "1" },
    { name: "test", type: "test", cloud: "azure" },
  ],
])("%o is the environment %o", (variables, expected) => {
  expect(environmentMeta(variables)).toEqual(expected);
});

test("the build's revision is the first that is set", () => {
  expect(buildMeta({ GITHUB_SHA: "b", GIT_COMMIT: "a" })).toEqual({
    revision: "a",
    uncommittedChanges: false,
  });
  expect(buildMeta({}).revision).toBe("");
});
