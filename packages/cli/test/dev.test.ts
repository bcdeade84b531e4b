import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
`;
}

interface Dev {
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
    if (child.exitCode !== null) return;
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
  return { child, output: () => text, write, post };
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
