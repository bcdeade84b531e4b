import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, writeManifest } from "@twinloop/compiler";

// Inside the package, so that the app finds what this package's tests depend on.
const HERE = fileURLToPath(new URL(".", import.meta.url));
const TSC = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));

const TSCONFIG = {
  compilerOptions: {
    ...{ target: "es2022", module: "nodenext", strict: true, skipLibCheck: true, types: ["node"] },
    ...{ rootDir: "src", outDir: "dist", rewriteRelativeImportExtensions: true },
  },
  include: ["src"],
};

/** An app on the disk, built, and how it is started. */
export interface BuiltApp {
  readonly root: string;
  /** Starts it under plain node, and resolves with where it listens. */
  readonly start: (env?: Readonly<Record<string, string>>) => Promise<RunningApp>;
  readonly remove: () => void;
}

/** An app that runs. */
export interface RunningApp {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Builds `sample-app.ts` as `twinloop build` and `tsc` do. */
export async function buildSample(): Promise<BuiltApp> {
  const root = mkdtempSync(join(HERE, "app-"));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    writeFileSync(join(root, "package.json"), '{ "name": "sample", "type": "module" }');
    writeFileSync(join(root, "tsconfig.json"), JSON.stringify(TSCONFIG));
    mkdirSync(join(root, "src"));
    copyFileSync(join(HERE, "sample-app.ts"), join(root, "src/sample-app.ts"));
    const errors = 'process.env["SAMPLE_ERRORS"] === "problem" ? "problem" : "twinloop"';
    const main = `import "./sample-app.ts";
      import { start } from "@twinloop/api";
      const { url } = await start({ errors: ${errors} });
      console.log(\`listening \${url}\`);`;
    writeFileSync(join(root, "src/main.ts"), main);
    const { manifest, problems } = await build(root);
    if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 2));
    writeManifest(root, manifest);
    execFileSync(process.execPath, [TSC, "-p", root], { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    remove();
    throw new Error(`the sample does not build: ${(error as { stdout?: string }).stdout ?? ""}`, {
      cause: error,
    });
  }
  return { root, remove, start: (env = {}) => startNode(join(root, "dist/main.js"), env) };
}

async function startNode(file: string, env: Readonly<Record<string, string>>): Promise<RunningApp> {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: "0", LOG_FORMAT: "json", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const found = /listening (https?:\S+)/.exec(output);
      if (found) resolve(found[1]!);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void ended.then(() => reject(new Error(`the sample ended: ${output}`)));
  });
  return { url, stop: () => (child.kill("SIGKILL"), ended) };
}
