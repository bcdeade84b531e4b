import { expect, test } from "vitest";
import { cli } from "./cli/index.ts";
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

test("a scheme of no store is known before the app starts, a folder is not taken for one", async () => {
  const manifest = { declarations: [{ package: "@twinloop/objects", what: "Bucket", name: "films" }] };
  const told = async (OBJECTS_URL: string): Promise<string> => {
    const app = { root: "/", manifest } as unknown as Parameters<NonNullable<typeof cli.environment>>[0];
    const { problems } = await cli.environment!(app, { OBJECTS_URL });
    return problems.map(({ message }) => message).join();
  };
  expect(await told("ftp://files")).toContain("ftp:// is no store");
  expect(await told("s3:bucket")).toContain("without //");
  const right = [
    "s3://b?region=eu",
    "gs://b",
    "az://c",
    "file:///srv",
    "memory://",
    "/srv",
    "files",
    "C:\\files",
  ];
  for (const url of right) expect(await told(url)).toBe("");
});
