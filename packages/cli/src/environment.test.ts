import { expect, test, vi } from "vitest";
import type { Manifest } from "@twinloop/compiler";
import { reportEnvironment } from "./environment.ts";

const manifest = {
  topics: [],
  databases: [{ name: "click-counts", file: "app.ts", line: 2 }],
  crons: [],
  secrets: [],
} as unknown as Manifest;

function report(env: NodeJS.ProcessEnv, app: Manifest = manifest): { code: number; text: string } {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const code = reportEnvironment(app, env);
  const text = write.mock.calls.map(([chunk]) => String(chunk)).join("");
  write.mockRestore();
  return { code, text };
}

test("what is no secret is printed as it is", () => {
  const { code, text } = report({ PORT: "8080" });
  expect(code).toBe(0);
  expect(text).toMatch(/PORT\s+= 8080/);
});

test("a database is read from its own variable or the common one, and must be set in production", () => {
  const production = { NODE_ENV: "production" };
  expect(report(production)).toMatchObject({
    code: 1,
    text: expect.stringMatching(/DATABASE_URL_CLICK_COUNTS\s+MISSING/),
  });
  const { code, text } = report({ ...production, DATABASE_URL: "postgres://canary@db/x" });
  expect(code).toBe(0);
  expect(text).not.toContain("canary");
});

test("an app with topics is told where their messages are kept, and must say so in production", () => {
  const app = { ...manifest, topics: [{ name: "clicks" }] } as unknown as Manifest;
  expect(report({}).text).not.toContain("PUBSUB_URL");
  expect(report({}, app)).toMatchObject({
    code: 0,
    text: expect.stringMatching(/PUBSUB_URL\s+unset: the database "click-counts"/),
  });
  const production = { NODE_ENV: "production", DATABASE_URL: "postgres://db/x" };
  expect(report(production, app)).toMatchObject({
    code: 1,
    text: expect.stringMatching(/PUBSUB_URL\s+MISSING/),
  });
  const { code, text } = report({ ...production, PUBSUB_URL: "amqp://user:canary@host" }, app);
  expect(code).toBe(0);
  expect(text).not.toContain("canary");
});

test("an app with cron jobs and no database is told of replicas", () => {
  const crons = [{ id: "roll-up" }];
  expect(report({}, { ...manifest, crons } as unknown as Manifest).text).not.toContain("REPLICAS");
  const alone = { ...manifest, crons, databases: [] } as unknown as Manifest;
  expect(report({ REPLICAS: "3" }, alone).text).toMatch(/REPLICAS\s+= 3/);
});
