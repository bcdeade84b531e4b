import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hear, until, type Heard } from "./heard.ts";
import type { PageApp } from "./site-pages.ts";

const HERE = fileURLToPath(new URL("..", import.meta.url));
/** The packages of the checkout's root, vitest among them. */
const TOOLS = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** How the types of all pages are checked, and how their programs are compiled. */
export const COMPILER_OPTIONS = {
  target: "ES2023",
  lib: ["ES2023", "DOM", "DOM.AsyncIterable", "ESNext.Disposable"],
  module: "NodeNext",
  types: ["node"],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
};

/** How long a program may take: it is compiled first, beside other suites. */
const WITHIN_MS = 90_000;

/** What a run has printed, and its exit code. */
export interface Run {
  readonly code: number | null;
  readonly output: string;
}

/** Writes the files of an app into a folder, with a `main.ts` that loads its modules and starts it where they do not. */
export function writeApp(folder: string, app: PageApp): void {
  const imports = app.modules.map((path) => `import "../${path}";`);
  const main = [
    ...imports,
    'import { start } from "@twinloop/core-native";',
    "const { url } = await start();",
    "console.log(`up ${url}`);",
  ];
  const files: Record<string, string> = {
    ...app.files,
    "run/main.ts": `${main.join("\n")}\n`,
    "package.json": JSON.stringify({ name: "page", type: "module", private: true }),
    "tsconfig.json": JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ["src", "run"] }),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  mkdirSync(join(folder, "public"), { recursive: true });
  writeFileSync(join(folder, "public/404.html"), "not found");
  linkPackages(folder);
}

/** Makes a folder of an app that finds the packages of this app, and vitest. */
function linkPackages(folder: string): void {
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(join(HERE, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(HERE, "node_modules", name), join(modules, name));
  }
  symlinkSync(join(TOOLS, "vitest"), join(modules, "vitest"));
  mkdirSync(join(modules, "@types"));
  symlinkSync(join(TOOLS, "@types/node"), join(modules, "@types/node"));
}

/** Makes a new folder for apps. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "twinloop-site-"));
}

/**
 * Starts an app of a page by its sources, runs what stands beside it, and stops it.
 *
 * Errors: fails with all that was printed when the app does not come up, or when one of the programs fails.
 */
export async function runApp(
  folder: string,
  app: PageApp,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const own = { ...ownEnvironment(), PORT: "0", NODE_ENV: "development", NO_COLOR: "1", ...env };
  const loader = ["--import", "@twinloop/compiler/register"];
  const child = spawn(process.execPath, [...loader, "run/main.ts"], { cwd: folder, env: own });
  const heard = hear(child);
  try {
    const [, url] = await until(heard, /^up (.*)$/m, WITHIN_MS);
    for (const program of app.after) {
      const beside = spawn(process.execPath, [...loader, program], {
        cwd: folder,
        env: { ...own, API_URL: url },
      });
      succeeded(program, await ended(beside));
    }
  } finally {
    child.kill("SIGTERM");
    await heard.ended;
  }
  succeeded("the app", await ended(child, heard));
  if (!app.hasTests) return;
  const tests = spawn(process.execPath, [join(TOOLS, "vitest/vitest.mjs"), "run", "--root", folder], {
    cwd: folder,
    env: own,
  });
  succeeded("its tests", await ended(tests));
}

/** The environment without what vitest has put there. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|NODE_OPTIONS|TEST$|DATABASE_URL|PUBSUB_URL|AMQP_URL)/.test(name),
  );
  return Object.fromEntries(kept);
}

async function ended(child: ChildProcess, heard: Heard = hear(child)): Promise<Run> {
  const late = setTimeout(() => child.kill("SIGKILL"), WITHIN_MS);
  await heard.ended;
  clearTimeout(late);
  return heard;
}

function succeeded(what: string, { code, output }: Run): void {
  if (code !== 0) throw new Error(`${what} ended with ${code}:\n${output}`);
}
