import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { post, type AppProcess } from "./app-process.ts";
import { buildApp, type BuiltApp } from "./built-app.ts";

const SOURCE = `
import { z } from "zod";
import { api, appMeta, authHandler, Gateway, getAuthData, start, type Context, type Header } from "@twinloop/api";

const Level = z.enum(["low", "high"]);
const gone: string[] = [];
interface Known { userID: string; level: z.infer<typeof Level> | null }
export const key = authHandler(
  async ({ key, level }: { key: Header<"x-key">; level?: Header<z.infer<typeof Level>, "x-level"> }, ctx: Context): Promise<Known | null> => {
    if (key === "late") {
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
      gone.push((ctx.signal.reason as Error).message);
    }
    if (key === "deaf") await new Promise(() => undefined);
    if (key === "exit" && !appMeta().isMainIsolate) process.exit(7);
    const more = { undeclared: "of the database" };
    return { ...more, userID: key, level: level ?? null };
  },
);
export const gateway = new Gateway({ authHandler: key });

const get = { expose: true, method: "GET", timeout: 300 } as const;
export const me = api({ ...get, path: "/me", auth: true }, async (): Promise<unknown> => ({ ...getAuthData(), worker: appMeta().workerIndex }));
export const open = api({ ...get, path: "/open" }, async (): Promise<unknown> => getAuthData());
export const note = api({ expose: true, path: "/note", auth: true }, async ({ n }: { n: number }) => ({ n, worker: appMeta().workerIndex }));
export const seen = api({ ...get, path: "/gone" }, async () => gone);
const { url } = await start({ banner: false });
if (appMeta().isMainIsolate) console.log("listening " + url);
`;

const undo: (() => void)[] = [];
let built: BuiltApp;
beforeAll(async () => {
  built = await buildApp(SOURCE, (step) => undo.push(step));
});
afterAll(() => undo.reverse().forEach((step) => step()));

async function started(env: Readonly<Record<string, string>>): Promise<AppProcess> {
  const app = await built.run(env);
  if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
  return app;
}

const ask = (app: AppProcess, path: string, headers: Record<string, string>): Promise<Response> =>
  fetch(app.url + path, { headers });

describe("the parameters and the data of an auth handler", () => {
  let app: AppProcess;
  beforeAll(async () => void (app = await started({})));

  test("a parameter of a type that zod has inferred is checked: what does not fit is nobody's", async () => {
    const levelled = (level: string): Promise<Response> =>
      ask(app, "/me", { "x-key": "ann", "x-level": level });
    expect(await (await levelled("high")).json()).toEqual({ userID: "ann", level: "high", worker: 0 });
    expect((await levelled("middle")).status).toBe(401);
  });

  test("the data is that of its type, for the first request as for any other", async () => {
    expect(await (await ask(app, "/open", { "x-key": "ann" })).json()).toEqual({
      userID: "ann",
      level: null,
    });
  });

  test("a parameter without a place in the request is refused when the app is built", async () => {
    const source = `
import { z } from "zod";
import { authHandler, Gateway } from "@twinloop/api";
const Params = z.object({ key: z.string() });
export const key = authHandler(async ({ key }: z.infer<typeof Params>) => ({ userID: key }));
export const gateway = new Gateway({ authHandler: key });`;
    await expect(buildApp(source)).rejects.toThrow(/field_misplaced/);
  });
});

test("the time limit of the endpoint holds for its auth handler: 504, and its signal aborts", async () => {
  const app = await started({});
  for (const key of ["late", "deaf"]) {
    const answer = await ask(app, "/me", { "x-key": key });
    expect([answer.status, (await answer.json()) as object]).toEqual([
      504,
      expect.objectContaining({ code: "deadline_exceeded" }),
    ]);
  }
  await vi.waitFor(async () =>
    expect(await (await ask(app, "/gone", {})).json()).toEqual(["the time limit of the operation passed"]),
  );
  expect((await ask(app, "/me", { "x-key": "ann" })).status).toBe(200);
});

test(
  "an isolate that dies within its auth handler takes no caller with it",
  { timeout: 60_000 },
  async () => {
    const app = await started({ WORKERS: "2" });
    const send = (): Promise<Response> =>
      fetch(`${app.url}/note`, {
        method: "POST",
        headers: { "x-key": "exit", "content-type": "application/json" },
        body: '{"n":1}',
      });
    let answer = await send();
    while (answer.status === 200) answer = await send();
    // A POST may have had its effect, so that only its client can know whether to send it again.
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    await vi.waitFor(
      async () => {
        const answers = await Promise.all(
          Array.from({ length: 30 }, () => ask(app, "/me", { "x-key": "ann" })),
        );
        const found = await Promise.all(answers.map((one) => one.json() as Promise<{ worker: number }>));
        expect(new Set(found.map(({ worker }) => worker))).toEqual(new Set([0, 1]));
      },
      { timeout: 30_000 },
    );
    expect(app.output()).toContain("ended with code 7");
    expect((await post(`${app.url}/note`, { n: 1 })).status).toBe(401);
  },
);
