import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
// Inside the package, so that the app finds @twinloop/api as an installed one would.
const HERE = fileURLToPath(new URL(".", import.meta.url));

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function source(type: string): string {
  return `import { api, start } from "@twinloop/api";
export const echo = api({ expose: true, path: "/echo" }, async ({ value }: { value: ${type} }) => ({ value: String(value) }));
const app = await start({ port: Number(process.env["FIXED_PORT"]), banner: false });
console.log("listening " + app.url);
console.log("greeting " + process.env["GREETING"]);
`;
}

interface Dev {
  readonly root: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly write: (type: string) => void;
  readonly post: (value: unknown) => Promise<number>;
}

function dev(type: string): Dev {
  const root = mkdtempSync(join(HERE, "app-"));
  undo.push(() => rmSync(root, { recursive: true, force: true }));
  const write = (text: string): void => writeFileSync(join(root, "app.ts"), source(text));
  writeFileSync(join(root, "package.json"), '{ "name": "edited", "type": "module" }');
  write(type);
  const port = 20_000 + (process.pid % 10_000);
  const env = { ...process.env, FIXED_PORT: String(port), PORT: "", NO_COLOR: "1" };
  const child = spawn(process.execPath, [MAIN, "dev"], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  undo.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  const post = async (value: unknown): Promise<number> => {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ value }),
    };
    return fetch(`http://127.0.0.1:${port}/echo`, init).then(
      ({ status }) => status,
      () => 0,
    );
  };
  return { root, child, output: () => text, write, post };
}

const eventually = { timeout: 30_000, interval: 100 };

test(
  "editing a type changes what is accepted, and a broken edit stays on screen",
  { timeout: 90_000 },
  async () => {
    const { child, output, write, post } = dev("number");
    await vi.waitFor(async () => expect(await post(7)).toBe(200), eventually);
    expect(await post("seven")).toBe(400);

    write("string");
    await vi.waitFor(async () => expect(await post("seven")).toBe(200), eventually);
    expect(await post(7)).toBe(400);

    write("Map<string, string>");
    await vi.waitFor(() => expect(output()).toContain("1 problem"), eventually);
    expect(output()).toMatch(/app\.ts:2:\d+/);
    expect(output()).toContain("Map");
    expect(await post("seven")).toBe(200);

    child.kill("SIGINT");
    expect((await once(child, "exit"))[0]).toBe(0);
    expect(await post("seven")).toBe(0);
  },
);

test("type errors are told beside the app, which runs all the same", { timeout: 90_000 }, async () => {
  const { root, output, post } = dev("number");
  writeFileSync(join(root, "app.ts"), `${source("number")}const n: number = "x";\nvoid n;\n`);
  writeFileSync(
    join(root, "other.ts"),
    'import { api } from "@twinloop/api";\nexport const b = api({ path: "/b" }, async () => 1);\n',
  );
  await vi.waitFor(() => expect(output()).toContain("TS2322"), eventually);
  expect(output()).toMatch(/app\.ts:6:7 error Type 'string' is not assignable to type 'number'/);
  expect(output()).toContain("1 type error; the app runs all the same");
  expect(output()).toContain("warning `other.ts` is never imported");
  await vi.waitFor(async () => expect(await post(7)).toBe(200), eventually);

  writeFileSync(join(root, "app.ts"), source("number"));
  await vi.waitFor(() => expect(output()).toContain("the types are in order again"), eventually);
});

/** The processes that a process has started, with their command lines. */
function childrenOf(pid: number): { pid: number; command: string }[] {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, own, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === pid ? [{ pid: Number(own), command: command! }] : [];
  });
}

const isCompiler = ({ command }: { command: string }): boolean => command.includes("--api");

test(
  "when the compiler dies, the app goes on, and the next change is read by another",
  { timeout: 90_000 },
  async () => {
    const { child, output, write, post } = dev("number");
    await vi.waitFor(async () => expect(await post(7)).toBe(200), eventually);
    const compiler = await vi.waitFor(() => {
      const found = childrenOf(child.pid!).find(isCompiler);
      expect(found).toBeDefined();
      return found!;
    }, eventually);
    process.kill(compiler.pid, "SIGKILL");
    // A watcher may tell of the first writing late, and have the app started once more.
    await vi.waitFor(async () => expect(await post(7)).toBe(200), eventually);
    write("string");
    await vi.waitFor(async () => expect(await post("seven")).toBe(200), eventually);
    expect(childrenOf(child.pid!).map(({ pid }) => pid)).not.toContain(compiler.pid);
    child.kill("SIGTERM");
    expect((await once(child, "exit"))[0]).toBe(0);
    expect(output()).not.toContain("context canceled");
  },
);

test.each(["SIGKILL", "SIGHUP", "closed output"] as const)(
  "no process is left behind: %s",
  { timeout: 90_000 },
  async (end) => {
    const { child, post, write } = dev("number");
    await vi.waitFor(async () => expect(await post(7)).toBe(200), eventually);
    const started = childrenOf(child.pid!);
    expect(started.length).toBeGreaterThanOrEqual(2);
    if (end === "closed output") {
      child.stdout!.destroy();
      child.stderr!.destroy();
      write("string");
    } else child.kill(end);
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    const isAlive = ({ pid }: { pid: number }): boolean => existsSync(`/proc/${pid}/stat`);
    await vi.waitFor(() => expect(started.filter(isAlive)).toEqual([]), { timeout: 15_000, interval: 100 });
    expect(await post(7)).toBe(0);
  },
);

test(
  "a variable of .env starts the app again, and the real environment wins",
  { timeout: 90_000 },
  async () => {
    const { root, output, post } = dev("number");
    await vi.waitFor(async () => expect(await post(7)).toBe(200), eventually);
    writeFileSync(join(root, ".env"), "GREETING=hello\nFIXED_PORT=1\n");
    await vi.waitFor(() => expect(output()).toContain("greeting hello"), eventually);
    await vi.waitFor(async () => expect(await post(7)).toBe(200), eventually);
  },
);

test("what TypeScript says is told beside the running app", { timeout: 90_000 }, async () => {
  const { output, post, write } = dev("number");
  await vi.waitFor(async () => expect(await post(7)).toBe(200), eventually);
  write(
    'string }) => ({ value: (value satisfies string).length })); export const n: number = "x"; void (async ({ value }: { value: string',
  );
  await vi.waitFor(() => expect(output()).toContain("the app runs all the same"), eventually);
  expect(output()).toMatch(/app\.ts:2:\d+ error Type 'string' is not assignable to type 'number'/);
  await vi.waitFor(async () => expect(await post("seven")).toBe(200), eventually);
});
