import { expect, test } from "vitest";
import { runApp, shown } from "./app.ts";

/** Long enough to show a memory that grows; with FULL=1 a GiB. */
const MIB = process.env["FULL"] === "1" ? 1_024 : 128;

test("every kind of source is uploaded", async () => {
  const [sizes, texts] = await shown(`
    const { Readable } = await import("node:stream");
    const bytes = new TextEncoder().encode("hello");
    const sources = {
      text: "hello", bytes, buffer: bytes.buffer, blob: new Blob([bytes]),
      web: new Blob([bytes]).stream(), readable: Readable.from(["he", "llo"]),
      list: ["he", Buffer.from("llo")], generator: (async function* () { yield "hel"; yield "lo"; })(),
    };
    for (const [key, source] of Object.entries(sources)) await files.upload(key, source);
    show((await Promise.all(Object.keys(sources).map((key) => files.attrs(key)))).map(({ size }) => size));
    show((await Promise.all(Object.keys(sources).map((key) => files.download(key)))).map(String));`);
  expect(sizes).toEqual(Array(8).fill(5));
  expect(texts).toEqual(Array(8).fill("hello"));
});

test("what is no source is refused, and nothing is there", async () => {
  const [number, piece, there] = await shown(`
    show(await failure(files.upload("x", 7)));
    show(await failure(files.upload("x", [7])));
    show(await files.exists("x"));`);
  expect(number).toEqual([
    "InvalidArgument",
    "invalid_argument",
    expect.stringContaining("cannot be uploaded"),
  ]);
  expect(piece).toEqual([
    "InvalidArgument",
    "invalid_argument",
    expect.stringContaining("a stream to upload gave"),
  ]);
  expect(there).toBe(false);
});

test(`${MIB} MiB go up and down in constant memory`, async () => {
  const { stdout, stderr } = await runApp(`
    const { createHash } = await import("node:crypto");
    const files = new Bucket("files");
    await start({ banner: false });
    const MIB = 1024 * 1024;
    let peak = 0;
    const timer = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()); }, 20);
    const [up, down] = [createHash("sha1"), createHash("sha1")];
    async function* film() {
      for (let at = 0; at < ${MIB}; at++) {
        const piece = Buffer.alloc(MIB, at % 251);
        up.update(piece);
        yield piece;
      }
    }
    const before = process.memoryUsage.rss();
    const { size } = await files.upload("film", film());
    for await (const piece of files.downloadStream("film")) down.update(piece);
    clearInterval(timer);
    show({ size, same: up.digest("hex") === down.digest("hex"), grownMiB: Math.round((peak - before) / MIB) });
    await stop();`);
  const found = JSON.parse(stdout || stderr) as { size: number; same: boolean; grownMiB: number };
  expect(found).toMatchObject({ size: MIB * 1024 * 1024, same: true });
  expect(found.grownMiB).toBeLessThan(100);
}, 600_000);

test("an upload whose source fails leaves nothing, not even a file", async () => {
  const [failed, keys, leftovers] = await shown(`
    const { readdirSync } = await import("node:fs");
    async function* broken() {
      for (let at = 0; at < 20; at++) yield Buffer.alloc(1024 * 1024);
      throw new TypeError("the camera broke");
    }
    show(await failure(files.upload("film", broken())));
    show((await all(files.list())).map(({ name }) => name));
    const entries = readdirSync(".twinloop/objects", { recursive: true, withFileTypes: true });
    show(entries.filter((entry) => entry.isFile()).map(({ name }) => name));`);
  expect(failed).toEqual(["TypeError", null, "the camera broke"]);
  expect([keys, leftovers]).toEqual([[], []]);
});

test("a download may be left early, and fails by its stream", async () => {
  const [first, absent, next] = await shown(`
    await files.upload("film", Buffer.alloc(4 * 1024 * 1024));
    for await (const piece of files.downloadStream("film")) { show(piece.byteLength > 0); break; }
    show(await failure((async () => { for await (const piece of files.downloadStream("none")); })()));
    show((await files.download("film")).byteLength);`);
  expect([first, next]).toEqual([true, 4 * 1024 * 1024]);
  expect(absent).toEqual(["ObjectNotFound", "not_found", 'there is no object "none"']);
});

test("a worker that ends gives up what it uploads", async () => {
  const { stdout, stderr } = await runApp(`
    const { Worker, isMainThread, parentPort } = await import("node:worker_threads");
    const { readdirSync } = await import("node:fs");
    const files = new Bucket("files");
    const left = () => readdirSync(".twinloop/objects", { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
    if (!isMainThread) {
      async function* endless() {
        for (let at = 0; ; at++) {
          yield Buffer.alloc(1024 * 1024);
          if (at === 20) parentPort.postMessage("under way");
          if (at > 20) await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
      await files.upload("film", endless());
    } else {
      const worker = new Worker(new URL(import.meta.url));
      await new Promise((resolve) => worker.once("message", resolve));
      const during = left();
      await worker.terminate();
      for (let tries = 0; left() > 0 && tries < 200; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
      show({ during, after: left(), there: await files.exists("film") });
      await stop();
    }`);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ during: 1, after: 0, there: false });
});
