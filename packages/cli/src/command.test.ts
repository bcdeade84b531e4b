import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { run } from "./command.ts";

let out = "";

beforeEach(() => {
  out = "";
  const write = (text: string | Uint8Array): boolean => ((out += String(text)), true);
  vi.spyOn(process.stdout, "write").mockImplementation(write);
  vi.spyOn(process.stderr, "write").mockImplementation(write);
});
afterEach(() => vi.restoreAllMocks());

test("without a command it explains itself", async () => {
  expect(await run([])).toBe(0);
  expect(out).toContain("twinloop dev");
});

test("an unknown command is named and answered with the usage", async () => {
  expect(await run(["biuld"])).toBe(2);
  expect(out).toContain('"biuld"');
  expect(out).toContain("twinloop build");
});

test("a name of Object.prototype is no command", async () => {
  expect(await run(["constructor"])).toBe(2);
});

test("an unknown option is named", async () => {
  expect(await run(["check", "--evn"])).toBe(2);
  expect(out).toContain("--evn");
});

test("dev without an entry file says what to create", async () => {
  expect(await run(["dev", "no/such/file.ts"])).toBe(2);
  expect(out).toContain("src/app.ts");
});
