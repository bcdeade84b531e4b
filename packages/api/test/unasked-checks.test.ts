import { expect, test } from "vitest";
import { buildApp } from "./built-app.ts";

const STARTED = `console.log("listening " + app.url);`;
const start = (health: string): string =>
  `const app = await start({ banner: false, health: { ${health} checks: { mail: async () => {} } } });`;

test.each([
  ["/readyz", ""],
  ["/ready", 'ready: "/ready",'],
])(
  "checks that an endpoint at %s keeps from being asked are a problem of the start",
  async (path, health) => {
    const app = await buildApp(`import { api, start } from "@twinloop/api";
export const ready = api({ expose: true, method: ["GET", "POST"], path: "${path}" }, async () => "mine");
${start(health)}${STARTED}`);
    const { url, output } = await app.run();
    expect(url).toBe("");
    expect(output()).toContain(
      `health.checks are never asked, because ${path} is answered by built.ready at`,
    );
  },
);

test("checks of an app without an endpoint are a problem of the start", async () => {
  const app = await buildApp(`import { start } from "@twinloop/api";
${start("")}${STARTED}`);
  const { url, output } = await app.run();
  expect(url).toBe("");
  expect(output()).toContain("health.checks are never asked, because the app has no endpoint");
});

test("checks beside an endpoint that answers its path by another method are asked", async () => {
  const app = await buildApp(`import { api, start } from "@twinloop/api";
export const ready = api({ expose: true, method: "POST", path: "/readyz" }, async () => "mine");
export const hidden = api({ method: "GET", path: "/readyz" }, async () => "mine");
const app = await start({ banner: false, health: { checks: { mail: async () => false } } });
${STARTED}`);
  const { url } = await app.run();
  const answer = await fetch(`${url}/readyz`);
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { status: "unavailable", failed: [{ name: "mail", reason: "failed" }] },
  ]);
});
