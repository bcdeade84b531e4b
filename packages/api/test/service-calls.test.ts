import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { buildApp } from "./built-app.ts";
import { EXPECTED, FILES, matching } from "./call-app.ts";

const SECRET = "a secret of at least thirty-two bytes";

const undo: (() => void)[] = [];
afterAll(() => undo.reverse().forEach((step) => step()));

/** The app without auth handlers and with every endpoint exposed, as the public road needs it. */
const PUBLIC: Readonly<Record<string, string>> = {
  ...FILES,
  "users/users.ts": FILES["users/users.ts"]
    .replaceAll("api({ ", "api({ expose: true, ")
    .replaceAll("api.sse({ ", "api.sse({ expose: true, ")
    .replace(/^export const (?:auth|gateway) .*$/gm, "")
    .replace('api({ expose: true, path: "/me", auth: true }', 'api({ expose: true, path: "/me" }'),
};

const OF_AUTH = ["nobody", "given", "bad auth"];

/** What another process does not tell of: the cause of a failure, and what the callee has kept in its memory. */
const ELSEWHERE: Readonly<Record<string, object>> = {
  crashes: { code: "internal", message: "an internal error occurred" },
  misfits: { code: "internal", message: "an internal error occurred" },
  slow: { code: "deadline_exceeded", message: "the endpoint did not answer in time" },
  signal: { code: "canceled" },
};

describe.each([
  ["signed", FILES, { SERVICE_AUTH_SECRET: SECRET }],
  ["on the public road", PUBLIC, {}],
] as const)("calls of a service in another process, %s", (kind, files, env) => {
  let callee: AppProcess;
  let caller: AppProcess;

  beforeAll(async () => {
    const app = await buildApp(files, (step) => undo.push(step));
    callee = await app.run({ ...env, ...(kind === "signed" ? { WORKERS: "2" } : {}) });
    caller = await app.run({ ...env, SERVICE_USERS_URL: callee.url });
    for (const one of [callee, caller])
      if (one.url === "") throw new Error(`the app did not start:\n${one.output()}`);
  });

  const ask = async (name: string, headers: Record<string, string> = {}): Promise<unknown> =>
    (await fetch(`${caller.url}/run/${name}`, { headers })).json();

  const cases = EXPECTED.filter(([name]) => kind === "signed" || !OF_AUTH.includes(name));
  test.each(cases)("%s", async (name, expected) => {
    expect(await ask(name)).toMatchObject(matching(ELSEWHERE[name] ?? expected));
  });

  test("the callee's trace is a child of the caller's, and the callee runs in the other process", async () => {
    expect(await ask("trace")).toEqual({
      ...{ same: true, child: true, differs: true, own: true },
      ...{ endpoint: "trace", service: "users", path: "/trace", method: "POST" },
    });
  });

  test("what ends the call ends the callee", async () => {
    // The call is given up after 20 ms, which on a busy machine may be before it has left: then it is made again.
    const end = async (): Promise<void> => {
      await ask("signal");
      expect(await (await fetch(`${callee.url}/aborted`)).json()).toContain("the caller disconnected");
    };
    await vi.waitFor(end, { timeout: 10_000 });
  });
});
