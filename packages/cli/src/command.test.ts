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

test("dev with an entry that is not there names it", async () => {
  expect(await run(["dev", "no/such/file.ts"])).toBe(2);
  expect(out).toContain("There is no no/such/file.ts");
});

test.each(["dev", "check", "build"])(
  "%s with a tsconfig that is not there names it and ends",
  async (command) => {
    expect(await run([command, "--tsconfig", "gone.json"])).toBe(2);
    expect(out).toMatch(/There is no tsconfig \/.*\/gone\.json/);
  },
);
