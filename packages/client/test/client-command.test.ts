import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { cli, type ManifestOf } from "@twinloop/client/cli";

const endpoint = (name: string, expose: boolean): ManifestOf["endpoints"][number] => ({
  ...{ service: "links", export: name, methods: ["GET"], path: `/${name}`, kind: "typed" },
  ...{ request: null, response: { fields: [], body: 0 }, options: { expose } },
});
const manifest: ManifestOf = {
  types: [{ kind: "string" }],
  endpoints: [endpoint("list", true), endpoint("secret", false)],
};

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder of an app, and the command run in it. */
function app(): {
  root: string;
  run: (options: Record<string, unknown>, ...words: string[]) => Promise<Ended>;
} {
  const root = mkdtempSync(join(tmpdir(), "client-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, "package.json"), '{ "name": "links", "version": "1.2.0" }');
  const run = async (options: Record<string, unknown>, ...words: string[]): Promise<Ended> => {
    const [out, err]: [string[], string[]] = [[], []];
    const stdout = vi.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
    const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0);
    try {
      const line = { root, words, options, manifest: async () => manifest };
      return { code: await cli.commands.client.run(line), out: out.join(""), err: err.join("") };
    } finally {
      stdout.mockRestore();
      stderr.mockRestore();
    }
  };
  return { root, run };
}

test("without a file the client is printed, of exposed endpoints alone", async () => {
  const { code, out } = await app().run({});
  expect(code).toBe(0);
  expect(out).toContain("export function list(client: Client");
  expect(out).not.toContain("secret");
  expect(out).toMatch(/\/\/ The client of links 1\.2\.0\.\n$/);
});

test("a written client is up to date until the app changes, and --check says so", async () => {
  const { root, run } = app();
  expect(await run({ check: true, out: "web/client.ts" })).toMatchObject({
    code: 1,
    err: expect.stringMatching(/There is no web\/client\.ts/),
  });
  expect(await run({ out: "web/client.ts" })).toMatchObject({
    code: 0,
    out: expect.stringMatching(/Wrote web\/client\.ts: the client of 1 /),
  });
  expect(await run({ check: true, out: "web/client.ts" })).toMatchObject({
    code: 0,
    out: expect.stringMatching(/is up to date/),
  });
  const file = join(root, "web/client.ts");
  writeFileSync(file, readFileSync(file, "utf8").replace("/list", "/gone"));
  expect(await run({ check: true, out: "web/client.ts" })).toMatchObject({
    code: 1,
    err: expect.stringMatching(/run `npx @twinloop\/cli client --out/),
  });
});

test("the file's name tells the language", async () => {
  const { root, run } = app();
  await run({ out: "client.js" });
  expect(readFileSync(join(root, "client.js"), "utf8")).toContain("@returns {Promise<string>}");
});

test.each([
  [{ lang: "python" }, [], 2, 'There is no client in "python": it is written as ts, js or openapi.'],
  [{ check: true }, [], 2, "--check compares a file: name it with --out <file>."],
  [{}, ["web"], 2, '`twinloop client` takes no "web".'],
  [{ service: ["users"] }, [], 1, 'The app has no service "users"; it has links.'],
] as const)("%j %j is refused", async (options, words, code, message) => {
  expect(await app().run(options, ...words)).toEqual({ code, out: "", err: `${message}\n` });
});

test("an app that exposes nothing has no client", async () => {
  const { root } = app();
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const hidden = { types: [], endpoints: [endpoint("secret", false)] };
  const line = { root, words: [], options: {}, manifest: async () => hidden };
  expect(await cli.commands.client.run(line)).toBe(1);
  expect(stderr).toHaveBeenCalledWith(expect.stringContaining("exposes no endpoint"));
  stderr.mockRestore();
});

test("the package depends on nothing", () => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(text) as Record<
    string,
    unknown
  >;
  expect([dependencies, peerDependencies, optionalDependencies]).toEqual([undefined, undefined, undefined]);
});
