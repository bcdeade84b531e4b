import { expect, test } from "vitest";
import { settings } from "./settings.ts";

test("a laptop has a folder, and production must say", () => {
  expect(settings({}).settings.url).toBe(".twinloop/objects");
  expect(settings({}).problems).toEqual([]);
  expect(settings({ NODE_ENV: "production" }).problems).toHaveLength(1);
  expect(settings({ NODE_ENV: "production", OBJECTS_URL: "s3://b" }).problems).toEqual([]);
});

test("Rust is given the credentials of the clouds and nothing else", () => {
  const environment = {
    AWS_REGION: "eu",
    AZURE_STORAGE_ACCOUNT_NAME: "me",
    GOOGLE_X: "",
    HOME: "/",
    MY_AWS_KEY: "x",
  };
  expect(settings(environment).settings.environment).toEqual({
    AWS_REGION: "eu",
    AZURE_STORAGE_ACCOUNT_NAME: "me",
  });
});

test("an address without a server is refused", () => {
  const problems = (url: string): number => settings({ OBJECTS_PUBLIC_URL: url }).problems.length;
  expect(["https://cdn.example.com/x", "cdn.example.com", "ftp://x", "https://x?y"].map(problems)).toEqual([
    0, 1, 1, 1,
  ]);
});
