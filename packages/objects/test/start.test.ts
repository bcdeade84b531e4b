import { expect, test } from "vitest";
import { runApp } from "./app.ts";

async function problems(
  declarations: string,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const { stdout, stderr } = await runApp(
    `${declarations}
     try { await start({ banner: false }); show([]); await stop(); }
     catch (error) { show((error.problems ?? [error]).map(({ code, message, hint }) => code + ": " + message + " " + hint)); }`,
    env,
  );
  return JSON.parse(stdout || JSON.stringify([stderr])) as string[];
}

test("all that is declared wrongly is told at once", async () => {
  const found = await problems(`
    new Bucket("files"); new Bucket("files");
    new Bucket("My_Files");
    new Bucket("photos", { publik: true, versioned: 1 });`);
  expect(found).toEqual([
    expect.stringMatching(/^config_invalid: The bucket "files" is declared twice\./),
    expect.stringMatching(/^config_invalid: "My_Files" is no name of a bucket\./),
    expect.stringMatching(/there is no option publik\. Did you mean public\?$/),
    expect.stringMatching(/versioned is 1\. Write true or false\.$/),
  ]);
});

test("what OBJECTS_URL says wrongly is told with what to write", async () => {
  const declared = `new Bucket("files");`;
  const told = async (url: string): Promise<string> =>
    (await problems(declared, { OBJECTS_URL: url })).join();
  expect(await told("ftp://x")).toMatch(/^config_invalid: .*ftp:\/\/ is no store.*s3:\/\/bucket/);
  expect(await told("s3://b?regoin=eu")).toMatch(
    /^config_invalid: .*there is no option "regoin".*endpoint, region/,
  );
  expect(await told("s3://key:hidden@b")).not.toContain("hidden");
  expect(await told("s3://b?endpoint=http://127.0.0.1:1")).toMatch(/^start_failed: opening s3:\/\/b/);
});

test("a versioned bucket needs a store that keeps versions", async () => {
  const [told] = await problems(`new Bucket("files", { versioned: true });`);
  expect(told).toMatch(/^start_failed: the bucket "files" is versioned, and .* keeps no versions/);
});

test("production wants to be told where objects are", async () => {
  const [told] = await problems(`new Bucket("files");`, { NODE_ENV: "production" });
  expect(told).toMatch(
    /^config_invalid: Nothing says where objects are kept.* Set OBJECTS_URL to a folder, s3:/,
  );
});

test("the start says where the objects are", async () => {
  const { stdout, folder } = await runApp(`
    new Bucket("files", { public: true });
    show((await start({ banner: false })).running);
    await stop();`);
  expect(JSON.parse(stdout)).toEqual([
    { what: "objects", where: `${folder}/.twinloop/objects` },
    { what: "bucket files", where: "public" },
  ]);
});
