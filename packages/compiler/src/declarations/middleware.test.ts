import { describe, expect, test } from "vitest";
import { readApp } from "../../test/read-app.ts";

const imported = 'import { api, middleware, Service, HandlerResponse } from "@twinloop/api";\n';

describe.each(["6", "7"] as const)("with TypeScript %s", (typescript) => {
  const read = (files: Record<string, string>): ReturnType<typeof readApp> =>
    readApp(
      Object.fromEntries(Object.entries(files).map(([path, text]) => [`src/${path}`, imported + text])),
      { typescript },
    );
  const messages = (files: Record<string, string>): string[] =>
    read(files).problems.map(({ code, message }) => `${code}: ${message}`);

  test.each([
    "middleware(async (request, next) => next(request));",
    "middleware((request, next) => next(request));",
    "middleware(async () => new HandlerResponse(1));",
    "middleware({ target: { tags: ['a'], auth: true } }, async (request, next) => { const r = await next(request); return r; });",
    "middleware(async () => { throw new Error('x'); });",
    "middleware((async () => {}) as any);",
    "export const make = (n: number) => middleware(async (request, next) => (n, next(request)));",
  ])("%s is taken", (text) => {
    expect(messages({ "a.ts": text })).toEqual([]);
  });

  test.each([
    ["middleware(async (request, next) => { await next(request); });", "returns nothing"],
    ["middleware({}, (request, next) => { void next(request); });", "returns nothing"],
    [
      "middleware(async (request, next) => { if (next.length) return next(request); });",
      "may return nothing",
    ],
  ])("%s is refused", (text, how) => {
    expect(messages({ "a.ts": text })).toEqual([
      `response_missing: This middleware ${how}, so the caller would get no answer`,
    ]);
  });

  test.each([
    [
      "middleware({} as never, 5 as never);",
      "handler_not_callable: The last argument of a middleware must be a function",
    ],
    [
      "middleware({ target: { tag: ['a'] } } as never, async (request, next) => next(request));",
      "option_unknown: `middleware` has no option `target.tag`",
    ],
  ])("%s is told", (text, message) => {
    expect(messages({ "a.ts": text })).toEqual([message]);
  });

  test("services are listed in the manifest, with their file, line and which options they have", () => {
    const { manifest, problems } = read({
      "users/encore.service.ts": 'export default new Service("users", { middlewares: [] });',
      "mail/mail.service.ts": 'export default new Service("mail-out");',
    });
    expect(problems).toEqual([]);
    expect(manifest.declarations).toMatchObject([
      { what: "Service", name: "mail-out", file: "src/mail/mail.service.ts", line: 2, options: {} },
      {
        name: "users",
        file: "src/users/encore.service.ts",
        options: { middlewares: true },
        provides: "service",
      },
    ]);
  });

  test.each([
    [
      { "a/a.ts": 'new Service("one");', "b/b.ts": 'new Service("one");' },
      "duplicate: The service `one` is already declared at src/a/a.ts:2",
    ],
    [
      { "a/a.ts": 'new Service("one");', "a/b.ts": 'new Service("two");' },
      "duplicate: The service of the folder `src/a` is already declared at src/a/a.ts:2",
    ],
    [{ "a.ts": 'new Service("no name");' }, "option_invalid: `no name` cannot name a service"],
    [
      { "a.ts": 'new Service("");' },
      "option_invalid: The name of this Service must be a string that is not empty",
    ],
    [
      { "a.ts": "export const make = (name: string) => new Service(name);" },
      "not_top_level: `Service` is called inside a function: what it declares cannot be known before the app runs",
    ],
    [
      { "a.ts": 'new Service("a", { middleware: [] } as never);' },
      "option_unknown: `Service` has no option `middleware`",
    ],
  ])("%o is refused", (files, message) => {
    expect(messages(files)).toEqual([message]);
  });

  test("a service with options that nothing imports is told; one that is only a name is not", () => {
    const endpoint = "export const a = api({ path: '/a' }, async () => {});";
    const { warnings } = read({
      "app.ts": `import { start } from "@twinloop/api"; import "./users/a.ts"; await start();`,
      "users/a.ts": endpoint,
      "users/encore.service.ts": 'export default new Service("users", { middlewares: [] });',
      "mail/encore.service.ts": 'export default new Service("mail");',
    });
    expect(warnings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      "not_loaded: `src/users/encore.service.ts` is never imported: service `users` does not run",
    ]);
  });
});
