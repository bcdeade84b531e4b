import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { buildApp } from "./built-app.ts";

// The program of the README page that mounts every framework: compiled, built, and run in workers under plain node.

vi.setConfig({ hookTimeout: 120_000 });

const page = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [, program = ""] = /\*\*Frameworks mount unchanged\*\*[^`]*```ts\n(.*?)```/s.exec(page) ?? [];

// Express brings no types.
const EXPRESS = `declare module "express" {
  type Handler = (req: any, res: any, next: any) => unknown;
  interface App { (req: any, res: any): unknown; use(...given: unknown[]): App }
  const express: { (): App; json(): Handler };
  export default express;
}
`;

let app: AppProcess;
const undo: (() => void)[] = [];

beforeAll(async () => {
  const listening = program.replace(
    "await start();",
    'console.log("listening " + (await start({ banner: false })).url);',
  );
  if (listening === program) throw new Error("the README page has lost the program that mounts frameworks");
  const built = await buildApp(
    { "app.ts": listening, "express.d.ts": EXPRESS },
    (step) => void undo.push(step),
  );
  app = await built.run({ WORKERS: "2", BETTER_AUTH_SECRET: "a secret of thirty-two bytes, or more" });
  if (app.url === "") throw new Error(app.output());
});

afterAll(() => undo.toReversed().forEach((step) => step()));

const json = { "content-type": "application/json" };

test.each([
  ["/fastify/hello", undefined, 200, { hello: "Fastify" }],
  ["/fastify/nowhere", undefined, 404, { error: "Not Found" }],
  ["/hono/hello", undefined, 200, { hello: "Hono" }],
  ["/trpc/hello", undefined, 200, { result: { data: "tRPC" } }],
  ["/trpc/nowhere", undefined, 404, { error: { data: { code: "NOT_FOUND" } } }],
  ["/graphql", { query: "{ hello }" }, 200, { data: { hello: "Apollo" } }],
  ["/auth/ok", undefined, 200, { ok: true }],
  [
    "/auth/sign-in/email",
    { email: "ada@a.test", password: "wrong horse" },
    401,
    { code: "INVALID_EMAIL_OR_PASSWORD" },
  ],
] as const)("%s %j", async (path, body, status, expected) => {
  const sent = body === undefined ? {} : { method: "POST", headers: json, body: JSON.stringify(body) };
  const responses = await Promise.all(Array.from({ length: 6 }, () => fetch(app.url + path, sent)));
  for (const response of responses) {
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(expected);
  }
});

test("a stopping app ends the frameworks, and says nothing of errors", async () => {
  app.child.kill("SIGTERM");
  expect(await app.ended, app.output()).toEqual({ code: 0, signal: null });
  expect(app.output()).not.toContain('"level":50');
});
