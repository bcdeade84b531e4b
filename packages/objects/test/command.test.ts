import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { runApp } from "./app.ts";

const CLI = fileURLToPath(new URL("../dist/cli/index.js", import.meta.url));

/** An app with the public bucket `files`, which holds `a/1` and `b`: what gives the output and exit code of a command line. */
async function app(): Promise<
  (words: string[], options?: object) => Promise<readonly [string, number | null]>
> {
  const store = mkdtempSync(join(tmpdir(), "twinloop-objects-store-"));
  onTestFinished(() => rmSync(store, { recursive: true, force: true }));
  const env = { OBJECTS_URL: store };
  const filled = await runApp(
    `const files = new Bucket("files");
     await files.upload("a/1", "one", { contentType: "text/plain" });
     await files.upload("b", "two");
     await stop();`,
    env,
  );
  expect(filled.stderr).toBe("");
  return async (words, options = {}) => {
    const line = JSON.stringify({ root: ".", words, options });
    const { stdout, stderr, code } = await runApp(
      `const { cli } = await import(${JSON.stringify(CLI)});
       const bucket = { package: "@twinloop/objects", what: "Bucket", name: "files", file: "app.ts", line: 3, options: { public: true } };
       const manifest = async () => ({ declarations: [bucket] });
       process.exitCode = await cli.commands.objects.run({ ...${line}, manifest });`,
      env,
    );
    return [stdout + stderr, code];
  };
}

test("buckets and objects are listed, shown and removed", async () => {
  const run = await app();
  expect(await run([])).toEqual([
    expect.stringMatching(/^bucket +public +versioned +declared at\nfiles +yes +- +app\.ts:3\n$/),
    0,
  ]);
  expect(await run(["list", "files"])).toEqual([
    expect.stringMatching(/^key +bytes +etag\n(a\/1|b) .*\n(a\/1|b) .*\n$/),
    0,
  ]);
  expect(await run(["list", "files"], { prefix: "a", json: true })).toEqual([
    expect.stringMatching(/^\[\{"name":"a\/1","size":3,"etag":".*"\}\]\n$/),
    0,
  ]);
  expect(await run(["show", "files", "a/1"])).toEqual([
    expect.stringMatching(/^name: a\/1\nsize: 3\netag: .*\ncontentType: text\/plain\n$/),
    0,
  ]);
  expect(await run(["remove", "files", "b"])).toEqual(["b: removed\n", 0]);
  expect(await run(["list", "files"], { prefix: "b" })).toEqual(["no objects\n", 0]);
});

test("a command line that says too little, or names what is not there, says what to write", async () => {
  const run = await app();
  expect(await run(["lst"])).toEqual(["There is no `objects lst`; there are list, show, remove.\n", 2]);
  expect(await run(["show", "files"])).toEqual(["Write twinloop objects show <bucket> <key>.\n", 2]);
  expect(await run(["list", "photos"])).toEqual([expect.stringContaining("declares no bucket photos"), 1]);
  expect(await run(["show", "files", "none"])).toEqual(['there is no object "none"\n', 1]);
});
