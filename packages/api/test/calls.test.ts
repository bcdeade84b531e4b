import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildApp, type BuiltApp } from "./built-app.ts";
import { EXPECTED, FILES, matching } from "./call-app.ts";
import type { AppProcess } from "./app-process.ts";

const undo: (() => void)[] = [];
afterAll(() => undo.reverse().forEach((step) => step()));
let built: Promise<BuiltApp> | undefined;
const build = (): Promise<BuiltApp> => (built ??= buildApp(FILES, (step) => undo.push(step)));

describe.each([
  ["one isolate", {}],
  ["workers", { WORKERS: "2" }],
] as const)("calls within a started app, %s", (_kind, env) => {
  let running: AppProcess;

  beforeAll(async () => {
    running = await (await build()).run(env);
    if (running.url === "") throw new Error(`the app did not start:\n${running.output()}`);
  });

  test.each(EXPECTED)("%s", async (name, expected) => {
    const answer = await fetch(`${running.url}/run/${name}`);
    expect(await answer.json()).toMatchObject(matching(expected));
  });

  test("the auth data of the request goes along with its calls, unless the call says otherwise", async () => {
    const ask = async (name: string): Promise<unknown> =>
      (await fetch(`${running.url}/run/${name}`, { headers: { authorization: "known" } })).json();
    expect(await ask("passed")).toEqual({ value: { id: "known" } });
    expect(await ask("given")).toEqual({ id: "given" });
    expect(await ask("dropped")).toMatchObject({ code: "unauthenticated" });
  });

  test("the callee's trace is a child of the caller's", async () => {
    expect(await (await fetch(`${running.url}/run/trace`)).json()).toEqual({
      ...{ same: true, child: true, differs: true, own: true },
      ...{ endpoint: "trace", service: "users", path: "/trace", method: "POST" },
    });
  });

  test("what ends the caller ends its calls", async () => {
    expect((await fetch(`${running.url}/hang`)).status).toBe(504);
    if (env !== undefined && "WORKERS" in env) return;
    await vi.waitFor(async () =>
      expect(await (await fetch(`${running.url}/aborted`)).json()).toContain(
        "the time limit of the operation passed",
      ),
    );
  });

  test("a private endpoint stays private", async () => {
    expect((await fetch(`${running.url}/users/7`)).status).toBe(404);
  });
});

function runScript({ root }: BuiltApp): Record<string, unknown> {
  const text = execFileSync(process.execPath, [join(root, "dist/script.js")], { encoding: "utf8" });
  return JSON.parse(/^found (.*)$/m.exec(text)![1]!) as Record<string, unknown>;
}

test("a script that never starts the app has its calls checked by the manifest", async () => {
  const found = runScript(await build());
  for (const [name, expected] of EXPECTED) expect(found[name], name).toMatchObject(matching(expected));
});

test("a script without a manifest calls the handlers as they are", async () => {
  const script = FILES["script.ts"].replace('!["trace"].includes', '["fails", "slow", "nobody"].includes');
  const app = await buildApp({ ...FILES, "script.ts": script });
  rmSync(join(app.root, ".twinloop"), { recursive: true });
  expect(runScript(app)).toMatchObject({
    fails: { code: "not_found", details: { id: 1 } },
    slow: { code: "deadline_exceeded" },
    nobody: { code: "unauthenticated" },
  });
});
