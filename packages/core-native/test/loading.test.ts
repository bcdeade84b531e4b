import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { evaluate } from "./child.ts";

// Each test starts processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const INTERNAL = join(PACKAGE, "dist/internal.js");

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "twinloop-loading-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** A copy of the package with what it depends on, as npm would place it, with or without its addon. */
function copyOfPackage(parts: readonly string[]): string {
  const copy = folder();
  for (const part of ["package.json", "dist", ...parts]) {
    cpSync(join(PACKAGE, part), join(copy, part), { recursive: true });
  }
  mkdirSync(join(copy, "node_modules/@twinloop"), { recursive: true });
  cpSync(join(PACKAGE, "../schema"), join(copy, "node_modules/@twinloop/schema"), {
    recursive: true,
    filter: (from) => !from.includes("node_modules"),
  });
  return join(copy, "dist/internal.js");
}

/** An addon as another release would have it. */
function addonThat(source: string): Record<string, string> {
  const path = join(folder(), "addon.cjs");
  writeFileSync(path, source);
  return { TWINLOOP_ADDON: path };
}

const IMPORT_AND_TELL = (file: string): string => `
  await import(${JSON.stringify(file)}).then(
    () => console.log("imported"),
    ({ name, code, message }) => console.log("refused", JSON.stringify({ name, code, message })),
  );`;

async function refusalOf(source: string, env: Record<string, string> = {}): Promise<Record<string, string>> {
  const child = evaluate(source, { env });
  const [, refusal] = await child.says(/refused (.*)/);
  expect(await child.ended).toEqual({ code: 0, signal: null });
  return JSON.parse(refusal!) as Record<string, string>;
}

test("an addon that is named but not there is one error that names it", async () => {
  const refusal = await refusalOf(IMPORT_AND_TELL(INTERNAL), { TWINLOOP_ADDON: "/nowhere/twinloop.node" });
  expect(refusal).toMatchObject({ name: "TwinloopError", code: "addon_missing" });
  expect(refusal["message"]).toContain("/nowhere/twinloop.node");
});

test("a platform without an addon is one error that says what to install", async () => {
  const refusal = await refusalOf(IMPORT_AND_TELL(copyOfPackage([])), { TWINLOOP_ADDON: "" });
  expect(refusal["code"]).toBe("addon_missing");
  expect(refusal["message"]).toContain(`${process.platform}-${process.arch}`);
  expect(refusal["message"]).toContain("npm install");
});

test("a file that is no addon is refused with the loader's reason", async () => {
  const refusal = await refusalOf(IMPORT_AND_TELL(INTERNAL), addonThat("throw new Error('wrong ELF class')"));
  expect(refusal["code"]).toBe("addon_missing");
  expect(refusal["message"]).toContain("wrong ELF class");
});

test.each([
  ["another interface", "exports.abi = () => 999", "interface 999"],
  ["no interface number", "exports.attach = () => 1", "interface unknown"],
])("S27: an addon with %s is refused", async (_name, source, found) => {
  const refusal = await refusalOf(IMPORT_AND_TELL(INTERNAL), addonThat(source));
  expect(refusal["code"]).toBe("addon_mismatch");
  expect(refusal["message"]).toContain(found);
});

test("S27: a primitive built for another interface is refused by its name", async () => {
  const source = `
    const { requireAbi } = await import(${JSON.stringify(INTERNAL)});
    try { requireAbi("@twinloop/pubsub", 999); }
    catch ({ code, message }) { console.log("refused", JSON.stringify({ code, message })); }`;
  const refusal = await refusalOf(source);
  expect(refusal["code"]).toBe("addon_mismatch");
  expect(refusal["message"]).toContain("@twinloop/pubsub was built for interface 999");
});

test("a second copy of the package is refused, and both places are named", async () => {
  const copy = copyOfPackage(["native"]);
  const refusal = await refusalOf(`await import(${JSON.stringify(INTERNAL)});${IMPORT_AND_TELL(copy)}`);
  expect(refusal["code"]).toBe("second_copy");
  expect(refusal["message"]).toContain(PACKAGE);
  expect(refusal["message"]).toContain(copy.slice(0, -"internal.js".length));
});

test("importing one copy twice is one copy", async () => {
  const child = evaluate(`
    const one = await import(${JSON.stringify(INTERNAL)});
    const other = await import(${JSON.stringify(join(PACKAGE, "dist/index.js"))});
    console.log(typeof one.port, typeof other.start);`);
  await child.says(/function function/);
  expect((await child.ended).code).toBe(0);
});
