import { describe, expect, test } from "vitest";
import { readApp } from "../../test/read-app.ts";

const api =
  'import { api, type Max, type MaxLen, type Min, type MinLen, type MultipleOf, type MatchesRegexp, type StartsWith, type EndsWith, type ExclusiveMin } from "@twinloop/api";\n';

describe.each(["6", "7"] as const)("with TypeScript %s", (typescript) => {
  const places = (text: string, files: Record<string, string> = {}): string[] =>
    readApp({ "src/app.ts": text, ...files }, { typescript }).problems.map(
      ({ file, line, column, length, message, hint = "" }) =>
        `${file}:${line}:${column}+${length} ${message} | ${hint}`,
    );

  test("a route that is taken is told at its path, with the place of the other", () => {
    const text = `${api}export const a = api({ method: "GET", path: "/a/:id" }, async ({ id }: { id: string }) => ({ id }));
export const b = api({ method: ["GET", "PUT"], path: "/a/:other" }, async ({ other }: { other: string }) => ({ other }));
`;
    expect(places(text)).toEqual([
      "src/app.ts:3:54+11 The route `GET /a/:other` is already declared at src/app.ts:2 | Give one of the two another path or method.",
    ]);
    const two = `import { api } from "@twinloop/api";\nexport const c = api({ method: "GET", path: "/c" }, async () => ({ n: 1 }));\n`;
    expect(places(two, { "src/two.ts": two })).toEqual([
      expect.stringContaining("src/two.ts:2:45+4 The route `GET /c` is already declared at src/app.ts:2"),
    ]);
  });

  test("names that are taken are told at the declaration", () => {
    const text = `import { Topic, Subscription } from "@twinloop/pubsub";
export const t = new Topic<string>("t");
export const u = new Topic<string>("t");
export const s = new Subscription(t, "s", { handler: async () => {} });
export const r = new Subscription(t, "s", { handler: async () => {} });
`;
    expect(places(text)).toEqual([
      expect.stringContaining(
        "src/app.ts:3:18+9 The topic `t` is already declared at src/app.ts:2 | Give one of the two another name.",
      ),
      expect.stringContaining(
        "src/app.ts:5:18+16 The subscription `t/s` is already declared at src/app.ts:4",
      ),
    ]);
  });

  test.each([
    ["string", 'MaxLen<"x">'],
    ["string", "MaxLen<-1>"],
    ["string", "MinLen<1.5>"],
    ["string", "MinLen<true>"],
    ["string[]", "MaxLen<-2>"],
    ["Uint8Array", 'MinLen<"1">'],
    ["string", "MatchesRegexp<5>"],
    ["string", "StartsWith<1>"],
    ["string", "EndsWith<false>"],
    ["number", 'Min<"a">'],
    ["number", "Max<true>"],
    ["number", 'ExclusiveMin<"0">'],
    ["number", "MultipleOf<0>"],
    ["number", "MultipleOf<-2>"],
    ["bigint", 'Min<"1">'],
  ])("%s & %s constrains nothing, and is a problem", (type, constraint) => {
    const text = `${api}export const a = api({ path: "/a" }, async (_: { v: ${type} & ${constraint} }) => ({ n: 1 }));\n`;
    const { problems, manifest } = readApp(text, { typescript });
    expect(problems.map(({ code, line }) => [code, line])).toEqual([["constraint_misplaced", 2]]);
    expect(problems[0]?.hint).toBeTypeOf("string");
    expect(JSON.stringify(manifest.types)).not.toMatch(/"(maxLen|minLen|min|max|multipleOf)":/);
  });

  test.each([
    ["(?=x)y", "look-around"],
    ["(?<!a)b", "look-around"],
    ["[", "unclosed character class"],
    ["a{2,1}", "repetition"],
    ["(a)\\\\1", "backreferences"],
    ["*", "repetition operator missing"],
    ["\\\\p{Nope}", "property"],
  ])("the pattern %s is a problem where it is written", (pattern, reason) => {
    const text = `${api}type Code = string & MatchesRegexp<"${pattern}">;
export const a = api({ path: "/a" }, async (_: { list: Code[] }) => ({ n: 1 }));
`;
    expect(places(text)).toEqual([
      expect.stringMatching(/^src\/app\.ts:2:36\+\d+ `request\.list\[\]` of POST \/a: the pattern/),
    ]);
    expect(places(text)[0]).toContain(reason);
  });
});
