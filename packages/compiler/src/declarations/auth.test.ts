import { describe, expect, test } from "vitest";
import { readApp } from "../../test/read-app.ts";

const IMPORTS = `import { api, authHandler, Gateway, jwt, type Cookie, type Header, type Query } from "@twinloop/api";\n`;
const HANDLER = `export const user = authHandler<{ sid: Cookie<"sid"> }, { userID: string; at?: Date }>(async ({ sid }) => ({ userID: sid }));\n`;
const GATEWAY = `export const gateway = new Gateway({ authHandler: user });\n`;
const handler = "async (): Promise<{ n: number }> => ({ n: 1 })";

describe.each(["6", "7"] as const)("with TypeScript %s", (typescript) => {
  const read = (text: string): ReturnType<typeof readApp> => readApp(IMPORTS + text, { typescript });
  const told = (text: string): string[] =>
    read(text).problems.map(({ code, line, message }) => `${code} ${line}: ${message}`);

  test("a gateway's only auth handler is called default, with its parameters and data", () => {
    const { manifest, problems } = read(HANDLER + GATEWAY);
    expect(problems).toEqual([]);
    const [found] = manifest.authHandlers!;
    expect(found).toMatchObject({ name: "default", file: "src/app.ts", line: 2 });
    expect(found!.params).toMatchObject({ fields: [{ name: "sid", in: "cookie", wire: "sid" }], body: null });
    expect(manifest.types[found!.data]).toMatchObject({ kind: "object" });
  });

  test.each([
    ["{ authHandlers: { a: user, b: key } }", ["a", "b"]],
    ["{ authHandlers: { user, key } }", ["user", "key"]],
    ["{ authHandlers: { key, user } } as const", ["key", "user"]],
    ["options", ["user", "key"]],
  ])("several are called as the gateway calls them: %s", (options, names) => {
    const { manifest, problems } = read(`${HANDLER}
const key = authHandler(async (p: { key: Query; h?: Header<number, "X-H"> }) => (p.h ? { userID: p.key } : null));
const options = { authHandlers: { user, key } };
new Gateway(${options});`);
    expect(problems).toEqual([]);
    expect(manifest.authHandlers!.map(({ name }) => name)).toEqual(names);
  });

  test("an auth handler of another file is found through its import", () => {
    const { manifest, problems } = readApp(
      {
        "src/user.ts": IMPORTS + HANDLER,
        "src/app.ts": `import { Gateway } from "@twinloop/api";\nimport { user as mine } from "./user.ts";\nnew Gateway({ authHandlers: { mine } });\n`,
      },
      { typescript },
    );
    expect(problems).toEqual([]);
    expect(manifest.authHandlers).toMatchObject([{ name: "mine", file: "src/user.ts", line: 2 }]);
  });

  test("what is ready-made needs no types", () => {
    const { manifest, problems } = read(
      `new Gateway({ authHandlers: { token: jwt({}) } });\nexport const a = api({ path: "/a", auth: "token" }, ${handler});`,
    );
    expect(problems).toEqual([]);
    expect(manifest.authHandlers).toBeUndefined();
  });

  test.each([
    ["true", []],
    ['"default"', ["default"]],
    ['["default"]', ["default"]],
  ])("`auth: %s` stands in the manifest", (auth, names) => {
    const { manifest, problems } = read(
      `${HANDLER}${GATEWAY}export const a = api({ path: "/a", auth: ${auth} }, ${handler});`,
    );
    expect(problems).toEqual([]);
    expect(manifest.endpoints[0]!.auth).toEqual(names);
  });

  test.each([
    ["an auth handler without a gateway", HANDLER, "auth_invalid 2: This auth handler belongs to no gateway"],
    [
      "auth without an auth handler",
      `export const a = api({ path: "/a", auth: true }, ${handler});`,
      "auth_invalid 2: This endpoint has `auth`, and the app has no auth handler",
    ],
    [
      "auth of files without an auth handler",
      `export const a = api.static({ path: "/*a", dir: ".", auth: true });`,
      "auth_invalid 2: This endpoint has `auth`, and the app has no auth handler",
    ],
    [
      "a name that no auth handler has",
      `${HANDLER}${GATEWAY}export const a = api({ path: "/a", auth: ["default", "key"] }, ${handler});`,
      "auth_invalid 4: No auth handler is called `key`",
    ],
    [
      "two gateways",
      `${HANDLER}${GATEWAY}export const second = new Gateway({ authHandler: user });`,
      "duplicate 4: A gateway is already declared at src/app.ts:3",
    ],
    [
      "auth that only a run can tell",
      `${HANDLER}${GATEWAY}export const a = api({ path: "/a", auth: process.env.OPEN !== "1" }, ${handler});`,
      "option_not_static 4: `auth` cannot be read at build time",
    ],
    [
      "auth handlers that only a run can tell",
      `${HANDLER}const pick = () => user;\nnew Gateway({ authHandlers: { a: pick(), ...JSON.parse("{}") } });`,
      "option_not_static 4: The auth handlers of this gateway cannot be read at build time",
    ],
    [
      "parameters in the body",
      `const user = authHandler<{ sid: Cookie<"sid">; name: string }, { userID: string }>(async () => null);\n${GATEWAY}`,
      "field_misplaced 2: `params.name` would come from the body, which an auth handler does not get",
    ],
    [
      "no parameters",
      `const user = authHandler(async () => ({ userID: "" }));\n${GATEWAY}`,
      "request_not_declared 2: This auth handler declares no parameters",
    ],
    [
      "empty parameters",
      `const user = authHandler<{}, { userID: string }>(async () => null);\n${GATEWAY}`,
      "field_misplaced 2: The parameters of an auth handler are empty",
    ],
    [
      "data without a userID",
      `const user = authHandler(async (_: { key: Query }) => ({ id: 1 }) as never as { id: number; userID: string });\nconst other = authHandler<{ key: Query }, { userID: string }>(async (_) => ({ userID: "" }));\nnew Gateway({ authHandlers: { user, other, third: authHandler(async (_: { key: Query }) => ({ id: 1 }) as any as { id: string }) } });`,
      "type_not_json 4: The data of an auth handler must be an object with `userID: string`, found `Promise<{ id: string; }>`",
    ],
    [
      "no function",
      `const user = authHandler(5 as never);\n${GATEWAY}`,
      "handler_not_callable 2: The first argument",
    ],
    [
      "an option that is not there",
      `const user = authHandler<{ key: Query }, { userID: string }>(async () => null, { cach: { ttl: "1s" } });\n${GATEWAY}`,
      "option_unknown 2: `authHandler` has no option `cach`",
    ],
    [
      "a lifetime of nothing",
      `const user = authHandler<{ key: Query }, { userID: string }>(async () => null, { cache: { ttl: "0s" } });\n${GATEWAY}`,
      "option_invalid 2: `cache.ttl` is",
    ],
  ])("%s is a problem with its place", (_, text, expected) => {
    expect(told(text)[0]).toContain(expected);
  });

  test("one fault is one problem", () => {
    const noGateway = `${HANDLER}export const a = api({ path: "/a", auth: true }, ${handler});`;
    expect(told(noGateway)).toHaveLength(2);
    const unread = `${HANDLER}new Gateway(JSON.parse("{}"));\nexport const a = api({ path: "/a", auth: "x" }, ${handler});`;
    expect(told(unread)).toHaveLength(1);
  });
});
