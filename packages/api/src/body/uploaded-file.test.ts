import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { UploadedFile } from "./uploaded-file.ts";

const BYTES = new TextEncoder().encode("héllo");

test("a file made of bytes is read in each way, for direct calls and tests", async () => {
  const file = new UploadedFile(BYTES, { name: "a.txt", type: "text/plain" });
  expect([file.name, file.type, file.size]).toEqual(["a.txt", "text/plain", 6]);
  expect(await file.text()).toBe("héllo");
  expect(await file.bytes()).toEqual(BYTES);
  const pieces: Buffer[] = [];
  for await (const piece of file.stream()) pieces.push(piece as Buffer);
  expect(Buffer.concat(pieces).toString()).toBe("héllo");
});

test("a file is saved with its bytes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await new UploadedFile(BYTES).saveTo(join(folder, "a"));
  expect(readFileSync(join(folder, "a"), "utf8")).toBe("héllo");
});

test("text that is not UTF-8 is an error", async () => {
  await expect(new UploadedFile(Uint8Array.of(0xff)).text()).rejects.toThrow(TypeError);
});

test("a file without bytes is empty, and one whose request is answered is gone", async () => {
  const gone = { path: () => undefined, bytes: () => undefined };
  expect(await new UploadedFile(gone, {}, 0).text()).toBe("");
  await expect(new UploadedFile(gone, {}, 5).bytes()).rejects.toThrow("its request has been answered");
  expect(() => new UploadedFile(gone, {}, 5).stream()).toThrow("its request has been answered");
});
