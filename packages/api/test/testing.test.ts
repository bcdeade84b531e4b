import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

// Inside the package, so that the app finds what this package depends on.
const HERE = fileURLToPath(new URL(".", import.meta.url));
const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const VITEST = fileURLToPath(new URL("../../../node_modules/vitest/vitest.mjs", import.meta.url));

const TSCONFIG = {
  compilerOptions: {
    ...{ target: "es2023", module: "esnext", moduleResolution: "bundler", strict: true, skipLibCheck: true },
    ...{ noEmit: true, types: ["node"], lib: ["es2023", "dom", "esnext.disposable"] },
  },
  include: ["src", "test"],
};
const VITEST_CONFIG = `
import twinloop from "@twinloop/compiler/vitest";
export default { plugins: [twinloop()], test: { include: ["test/**/*.spec.ts"] } };
`;

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** An app with tests, as its user has it. */
interface TestedApp {
  readonly root: string;
  readonly run: (...words: readonly string[]) => Promise<Ended>;
  readonly edit: (file: string, change: (text: string) => string) => void;
}

function makeApp(): TestedApp {
  const root = mkdtempSync(join(HERE, "app-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  cpSync(join(HERE, "fixtures/tested-app"), root, { recursive: true });
  mkdirSync(join(root, "node_modules/@twinloop"), { recursive: true });
  symlinkSync(PACKAGE, join(root, "node_modules/@twinloop/api"));
  writeFileSync(join(root, "package.json"), '{ "name": "tested", "type": "module" }');
  writeFileSync(join(root, "tsconfig.json"), JSON.stringify(TSCONFIG));
  writeFileSync(join(root, "vitest.config.mjs"), VITEST_CONFIG);
  const kept = ["PATH", "HOME", "TWINLOOP_ADDON"].map((name) => [name, process.env[name]] as const);
  const env = { ...Object.fromEntries(kept.filter(([, value]) => value !== undefined)), NO_COLOR: "1" };
  const run = (...words: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      execFile(process.execPath, words, { cwd: root, env, timeout: 100_000 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
      });
    });
  const edit: TestedApp["edit"] = (file, change) => {
    writeFileSync(join(root, file), change(readFileSync(join(root, file), "utf8")));
  };
  return { root, run, edit };
}

const within = { timeout: 120_000 };
const NODE_TEST = ["--import", "@twinloop/compiler/register", "--test", "test/app.spec.ts"];

test("an app is tested by node:test without a port, and nobody has built it before", within, async () => {
  const { code, output } = await makeApp().run(...NODE_TEST);
  expect(output).toMatch(/pass 10\n/);
  expect(output).toMatch(/fail 0\n/);
  expect(code).toBe(0);
});

test("an app is tested by vitest without a port, and the plugin builds it", within, async () => {
  const { code, output } = await makeApp().run(VITEST, "run");
  expect(output).toMatch(/Tests {2}10 passed/);
  expect(code).toBe(0);
});

test("vitest does not start with a type that is refused, and says where", within, async () => {
  const { run, edit } = makeApp();
  edit("src/hello.ts", (text) => text.replace("{ name: string })", "{ name: Map<string, string> })"));
  const { code, output } = await run(VITEST, "run");
  expect(output).toContain("cannot travel as JSON [type_not_json]");
  expect(output).toMatch(/src\/hello\.ts:\d+:\d+ error `request\.name`/);
  expect(code).not.toBe(0);
});

test("without the plugin and a manifest, the error says what to run", within, async () => {
  const { run, root } = makeApp();
  writeFileSync(join(root, "vitest.config.mjs"), VITEST_CONFIG.replace("twinloop()", ""));
  const { code, output } = await run(VITEST, "run");
  expect(output).toMatch(/there is no manifest at \S+manifest\.json \[manifest_missing\]/);
  expect(output).toContain("Run `npx @twinloop/cli build`");
  expect(code).not.toBe(0);
});

test("a test that comes too late, or finds nothing to test, is refused", within, async () => {
  const { run, root } = makeApp();
  const script = (name: string, text: string): Promise<Ended> => {
    writeFileSync(join(root, "test", name), text);
    return run("--import", "@twinloop/compiler/register", `test/${name}`);
  };
  const late = `import { start } from "@twinloop/api";
import "../src/hello";
await start({ port: 0 });
const { testApp } = await import("@twinloop/api/testing");
await testApp();
`;
  expect((await script("late.ts", late)).output).toContain("Import `testApp` above the module");
  const empty = `import { testApp } from "@twinloop/api/testing";\nawait testApp();\n`;
  expect((await script("empty.ts", empty)).output).toContain("testApp() found no endpoint");
});

test("threads, which share one runtime, are refused", within, async () => {
  const { output } = await makeApp().run(VITEST, "run", "--pool", "threads");
  expect(output).toContain('Run test files in processes: `pool: "forks"` in vitest.');
});

test("a test file that forgets to stop its app ends all the same", within, async () => {
  const { run, root } = makeApp();
  const forgetful = `import { testApp } from "@twinloop/api/testing";
import { hello } from "../src/hello";
const app = await testApp();
console.log((await app.call(hello, { name: "you" })).message);
`;
  writeFileSync(join(root, "test/forgetful.ts"), forgetful);
  const { code, output } = await run("--import", "@twinloop/compiler/register", "test/forgetful.ts");
  expect(output).toContain("Hello you!");
  expect(code).toBe(0);
});
