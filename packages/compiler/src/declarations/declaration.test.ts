import { describe, expect, test } from "vitest";
import { readApp } from "../../test/read-app.ts";

const handler = "async (): Promise<{ n: number }> => ({ n: 1 })";
const events = "async function* () { yield { data: 1 }; }";

describe.each(["6", "7"] as const)("with TypeScript %s", (typescript) => {
  const read = (text: string): ReturnType<typeof readApp> =>
    readApp(
      `import { api } from "@twinloop/api";\nimport * as twinloop from "@twinloop/api";\nimport * as ps from "@twinloop/pubsub";\n${text}\n`,
      { typescript },
    );

  test.each([
    ["typed", `api!({ path: "/a" }, ${handler})`],
    ["typed", `twinloop["api"]({ path: "/a" }, ${handler})`],
    ["sse", `api["sse"]({ path: "/a" }, ${events})`],
    ["sse", `api?.["sse"]({ path: "/a" }, ${events})`],
    ["sse", `twinloop.api["sse"]({ path: "/a" }, ${events})`],
  ])("an endpoint of the kind %s is found in %s", (kind, call) => {
    const { manifest, problems } = read(`export const a = ${call};`);
    expect(problems).toEqual([]);
    expect(manifest.endpoints).toMatchObject([{ kind, path: "/a", export: "a" }]);
  });

  test.each([
    ["sse", "{ sse }", "api", `sse({ path: "/a" }, ${events})`],
    ["sse", "{ sse: stream }", "api", `stream({ path: "/a" }, ${events})`],
    ["sse", '{ "sse": stream }', "twinloop.api", `stream({ path: "/a" }, ${events})`],
    ["static", "{ static: files }", "api", 'files({ path: "/a", dir: "." })'],
    ["typed", "{ api: endpoint }", "twinloop", `endpoint({ path: "/a" }, ${handler})`],
  ])("an endpoint of the kind %s is found through `const %s = %s`", (kind, names, of, call) => {
    const { manifest, problems } = read(`const ${names} = ${of};\nexport const a = ${call};`);
    expect(problems).toEqual([]);
    expect(manifest.endpoints).toMatchObject([{ kind, path: "/a" }]);
  });

  test("a topic is found through a destructured namespace", () => {
    const { manifest } = read("const { Topic: T } = ps;\nexport const t = new T<{ n: number }>('t');");
    expect(manifest.declarations).toMatchObject([{ what: "Topic", name: "t" }]);
  });

  test.each([
    'export const a = (api as any)["streem"]({ path: "/a" }, () => {});',
    'const { streem } = api as any; export const a = streem({ path: "/a" }, () => {});',
    'const { streem } = api; export const a = streem({ path: "/a" }, () => {});',
    'const other = api.streem; export const a = other({ path: "/a" }, () => {});',
  ])("a member that is not there is no endpoint, in %s", (text) => {
    const { manifest, problems } = read(text);
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ["export_missing", "`@twinloop/api` has no `api.streem`"],
    ]);
    expect(manifest.endpoints).toEqual([]);
  });

  test.each(["call(null, ", "apply(null, [", "bind(null)("])(
    "`api.%s…` is told, for nothing can read it",
    (how) => {
      const end = how.includes("[") ? "])" : ")";
      const { problems } = read(`export const a = api.${how}{ path: "/a" }, ${handler}${end};`);
      expect(problems.map(({ code }) => code)).toContain("export_missing");
    },
  );

  test.each(["call(null, '/')", "apply(null, ['/'])", "bind(null, '/')"])(
    "`redirect.%s` declares nothing, and is let through",
    (how) => {
      const { problems } = read(
        `import { redirect } from "@twinloop/api";\nexport const home = redirect.${how};`,
      );
      expect(problems).toEqual([]);
    },
  );
});
