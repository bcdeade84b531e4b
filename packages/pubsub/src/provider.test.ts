import { expect, test } from "vitest";
import { cli } from "./cli/index.ts";
import { EMBEDDED_URL, findProvider } from "./provider.ts";

const database = {
  name: "links",
  connect: () => Promise.resolve("postgres://localhost/links"),
  begin: () => Promise.reject(new Error("not here")),
};

test("what is given is taken", () => {
  for (const url of [
    "amqp://guest:guest@localhost",
    "amqps://h/v",
    "nats://token@h,i?replicas=3",
    "tls://h",
    "postgres://u:p@h/d",
    "embedded:a.redb",
    "memory:",
  ]) {
    expect(findProvider({ PUBSUB_URL: url, NODE_ENV: "production" }, [])).toEqual({ kind: "url", url });
  }
});

test("the app's own database can be asked for by its scheme alone", () => {
  for (const PUBSUB_URL of ["postgres:", "postgresql://"]) {
    expect(findProvider({ PUBSUB_URL }, [database])).toEqual({ kind: "database", database });
    expect(findProvider({ PUBSUB_URL }, [])).toMatchObject({ problem: { code: "config_invalid" } });
  }
});

test("development takes the app's database, or a file", () => {
  expect(findProvider({}, [database])).toEqual({ kind: "database", database });
  expect(findProvider({}, [])).toEqual({ kind: "url", url: EMBEDDED_URL });
  expect(findProvider({ PUBSUB_URL: "embedded:" }, [database])).toEqual({ kind: "url", url: EMBEDDED_URL });
});

test("production wants to be told", () => {
  const found = findProvider({ NODE_ENV: "production" }, [database]);
  expect(found).toMatchObject({ problem: { hint: expect.stringContaining("PUBSUB_URL") } });
});

test("a URL of another kind is refused without being repeated: it may hold a password", () => {
  const found = findProvider({ PUBSUB_URL: "kafka://user:hunter2@host" }, []);
  expect(JSON.stringify(found)).toContain("kafka:");
  expect(JSON.stringify(found)).not.toContain("hunter2");
});

test("`check --env` tells a URL of no provider before the app starts, and never its password", async () => {
  const declarations = [{ package: "@twinloop/pubsub", what: "Topic", name: "clicks" }];
  const app = { root: "/", manifest: { declarations } } as unknown as Parameters<
    NonNullable<typeof cli.environment>
  >[0];
  const told = async (PUBSUB_URL: string): Promise<string> =>
    (await cli.environment!(app, { PUBSUB_URL })).problems.map(({ message }) => message).join();
  expect(await told("kafka://user:hunter2@host")).toBe(
    "PUBSUB_URL names no provider that there is (kafka:).",
  );
  expect(await told("postgres:")).toContain("the app declares none");
  for (const url of ["", "amqp://host", "postgres://host/db", "embedded:", "memory:"])
    expect(await told(url)).toBe("");
});
