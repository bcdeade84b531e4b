import { expect, test, vi } from "vitest";
import type { Manifest } from "@twinloop/compiler";
import { reportEnvironment } from "./environment.ts";

const manifest = {
  databases: [{ name: "click-counts", file: "app.ts", line: 2 }],
  secrets: [{ name: "StripeKey", file: "app.ts", line: 1 }],
} as unknown as Manifest;

function report(env: NodeJS.ProcessEnv): { code: number; text: string } {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const code = reportEnvironment(manifest, env);
  const text = write.mock.calls.map(([chunk]) => String(chunk)).join("");
  write.mockRestore();
  return { code, text };
}

test("a missing secret is named and fails the check", () => {
  const { code, text } = report({});
  expect(code).toBe(1);
  expect(text).toMatch(/StripeKey\s+MISSING/);
});

test("a secret's value is never printed", () => {
  const { code, text } = report({ StripeKey: "sk_live_canary", PORT: "8080" });
  expect(code).toBe(0);
  expect(text).not.toContain("canary");
  expect(text).toMatch(/PORT\s+= 8080/);
});

test("a database is read from its own variable or the common one, and must be set in production", () => {
  const production = { NODE_ENV: "production", StripeKey: "x" };
  expect(report(production)).toMatchObject({
    code: 1,
    text: expect.stringMatching(/DATABASE_URL_CLICK_COUNTS\s+MISSING/),
  });
  const { code, text } = report({ ...production, DATABASE_URL: "postgres://canary@db/x" });
  expect(code).toBe(0);
  expect(text).not.toContain("canary");
});
