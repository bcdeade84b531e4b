import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { buildApp, type BuiltApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";

/** MiB of the large upload: 64, and 1,024 in the long form. */
const LARGE_MIB = process.env["FULL"] === undefined ? 64 : 1024;
/** Most MiB by which memory may grow while a large upload arrives. */
const GROWTH_MIB = 40;
const MIB = 1 << 20;

const SOURCE = `
import { createHash } from "node:crypto";
import { api, start, type Multipart, type UploadedFile } from "@twinloop/api";
const options = { expose: true, method: "POST", bodyLimit: null, uploads: { dir: process.env["UPLOADS"]!, memoryBytes: 1024 } } as const;
export const hash = api({ ...options, path: "/hash", timeout: 300_000 }, async ({ file }: Multipart<{ file: UploadedFile }>) => {
  const sum = createHash("sha256");
  for await (const piece of file.stream()) sum.update(piece as Uint8Array);
  return { sum: sum.digest("hex"), size: file.size };
});
export const save = api({ ...options, path: "/save" }, async ({ file, to }: Multipart<{ file: UploadedFile; to: string }>) => {
  await file.saveTo(to);
  return { text: (await import("node:fs")).readFileSync(to, "utf8").length };
});
let kept: UploadedFile | undefined;
export const keep = api({ ...options, path: "/keep" }, async ({ file }: Multipart<{ file: UploadedFile }>) => {
  kept = file;
  return file.text();
});
export const late = api({ expose: true, method: "GET", path: "/late" }, async () => kept!.bytes().then(String, String));
export const rss = api({ expose: true, method: "GET", path: "/rss" }, async () => process.memoryUsage().rss);
const app = await start({ banner: false });
console.log("listening " + app.url);
`;

const undo: (() => void)[] = [];
let built: BuiltApp;
let uploads: string;
let app: AppProcess;

beforeAll(async () => {
  built = await buildApp(SOURCE, (step) => undo.push(step));
  uploads = mkdtempSync(join(tmpdir(), "uploads-"));
  undo.push(() => rmSync(uploads, { recursive: true, force: true }));
  app = await built.run({ UPLOADS: uploads });
  if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
});

afterAll(() => undo.reverse().forEach((step) => step()));

/** The paths of the temporary files of the server, all its folders together. */
function stored(): string[] {
  const folders = readdirSync(uploads).filter((name) => name.startsWith("twinloop-uploads-"));
  return folders.flatMap((name) =>
    readdirSync(join(uploads, name))
      .filter((file) => file !== "lock")
      .map((file) => join(uploads, name, file)),
  );
}

async function rssMiB(): Promise<number> {
  return Number(await (await fetch(`${app.url}/rss`)).json()) / MIB;
}

function send(path: string, file: Blob, fields: Readonly<Record<string, string>> = {}): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file, "a.bin");
  return fetch(app.url + path, { method: "POST", body: form });
}

/** Opens a connection and sends the head of an upload of `length` bytes with its first part begun. */
async function begin(length: number): Promise<Socket> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(
    `POST /hash HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: ${length}\r\n\r\n`,
  );
  return socket;
}

const HEAD = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n';
const END = "\r\n--b--\r\n";

test(`an upload of ${LARGE_MIB} MiB takes constant memory and leaves nothing behind`, async () => {
  const piece = Buffer.alloc(MIB, "0123456789abcdef");
  const sum = createHash("sha256");
  await (await send("/hash", new Blob([piece]))).text();
  const before = await rssMiB();
  const socket = await begin(HEAD.length + LARGE_MIB * MIB + END.length);
  socket.write(HEAD);
  for (let count = 0; count < LARGE_MIB; count++) {
    sum.update(piece);
    if (!socket.write(piece)) await once(socket, "drain");
  }
  const most = await rssMiB();
  socket.write(END);
  let answer = "";
  while (!answer.includes("}")) answer += String((await once(socket, "data"))[0]);
  socket.destroy();
  expect(JSON.parse(answer.slice(answer.indexOf("{")))).toEqual({
    sum: sum.digest("hex"),
    size: LARGE_MIB * MIB,
  });
  expect(Math.max(most, await rssMiB()) - before).toBeLessThan(GROWTH_MIB);
  await vi.waitFor(() => expect(stored()).toEqual([]), { timeout: 5_000 });
}, 300_000);

test("a file is only this user's, and is gone when its client has left", async () => {
  const socket = await begin(10 * MIB);
  socket.write(HEAD);
  socket.write(Buffer.alloc(MIB));
  await vi.waitFor(() => expect(stored()).toHaveLength(1), { timeout: 5_000 });
  const [path = ""] = stored();
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  socket.destroy();
  await vi.waitFor(() => expect(stored()).toEqual([]), { timeout: 5_000 });
});

test.each([100, 100_000])(
  "a file of %d bytes is saved, and refuses to be read once its request is answered",
  async (size) => {
    const folder = join(uploads, "saved");
    mkdirSync(folder, { recursive: true });
    const to = join(folder, `file-${size}`);
    const answer = await send("/save", new Blob(["x".repeat(size)]), { to });
    expect(await answer.json()).toEqual({ text: size });
    expect(readFileSync(to, "utf8")).toBe("x".repeat(size));
    expect(await (await send("/keep", new Blob(["y".repeat(size)]))).json()).toHaveLength(size);
    expect(await (await fetch(`${app.url}/late`)).json()).toContain("is gone: its request has been answered");
  },
);

test("what a killed server has left is deleted by the next one", async () => {
  const other = await built.run({ UPLOADS: uploads });
  const folders = (): string[] => readdirSync(uploads).filter((name) => name.startsWith("twinloop-uploads-"));
  const before = folders();
  other.child.kill("SIGKILL");
  await other.ended;
  expect(folders()).toEqual(before);
  const next = await built.run({ UPLOADS: uploads });
  expect(next.url).not.toBe("");
  expect(folders().length).toBeLessThan(before.length + 4);
  expect(folders().filter((name) => before.includes(name)).length).toBeLessThan(before.length);
  expect(existsSync(join(uploads, "saved"))).toBe(true);
});

test("a folder that cannot be written is a problem of the start", async () => {
  const failed = await built.run({ UPLOADS: "/nowhere/at/all" });
  expect([failed.url, failed.output()]).toEqual(["", expect.stringContaining("uploads cannot be stored")]);
});
