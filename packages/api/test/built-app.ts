import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execFileSync } from "node:child_process";
import { onTestFinished } from "vitest";
import { build, writeManifest } from "@twinloop/compiler";
import { runFile, type AppProcess, type AtEnd } from "./app-process.ts";

// Inside the package, so that the app finds what this package depends on.
const HERE = fileURLToPath(new URL(".", import.meta.url));
const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const TSC = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));

const TSCONFIG = {
  compilerOptions: {
    target: "es2022",
    module: "nodenext",
    strict: true,
    skipLibCheck: true,
    types: ["node"],
    rootDir: "src",
    outDir: "dist",
  },
  include: ["src"],
};

/** An app on the disk as its user has it: sources, built manifest, compiled JavaScript. */
export interface BuiltApp {
  readonly root: string;
  /** Starts it under plain node. */
  readonly run: (env?: Readonly<Record<string, string>>) => Promise<AppProcess>;
}

/**
 * Builds an app of one file, or of several by their paths below `src`, as `twinloop build` and `tsc` do; it is removed at
 * the end. The app starts with `app.ts`, and finds the packages of these folders: `api`, unless others are named.
 */
export async function buildApp(
  source: string | Readonly<Record<string, string>>,
  atEnd: AtEnd = onTestFinished,
  packages: readonly string[] = [PACKAGE],
): Promise<BuiltApp> {
  const root = mkdtempSync(join(HERE, "app-"));
  atEnd(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, "package.json"), '{ "name": "built", "type": "module" }');
  writeFileSync(join(root, "tsconfig.json"), JSON.stringify(TSCONFIG));
  mkdirSync(join(root, "src"));
  mkdirSync(join(root, "node_modules/@twinloop"), { recursive: true });
  for (const path of packages)
    symlinkSync(path, join(root, "node_modules/@twinloop", basename(join(path, "."))));
  for (const [path, text] of Object.entries(typeof source === "string" ? { "app.ts": source } : source)) {
    mkdirSync(dirname(join(root, "src", path)), { recursive: true });
    writeFileSync(join(root, "src", path), text);
  }
  const { manifest, problems } = await build(root);
  if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 2));
  writeManifest(root, manifest);
  compile(root);
  return { root, run: (env = {}) => runFile(join(root, "dist/app.js"), env, atEnd) };
}

function compile(root: string): void {
  try {
    execFileSync(process.execPath, [TSC, "-p", root], { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    throw new Error(`tsc refuses the app:\n${(error as { stdout: string }).stdout}`, { cause: error });
  }
}
