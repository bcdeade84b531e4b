import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const DIST = fileURLToPath(new URL("../dist/index.js", import.meta.url));

/** How an app ended, and all it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The app's folder. */
  readonly folder: string;
}

/**
 * Runs a module on plain Node in a folder of its own, to its end; what the package exports, `show(value)`,
 * `all(iterable)` and `failure(promise)` are in its scope.
 */
export async function runApp(
  source: string,
  env: Readonly<Record<string, string>> = {},
  args: string[] = [],
): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-objects-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "package.json"), '{"name":"app","type":"module"}');
  writeFileSync(
    join(folder, "app.mjs"),
    `import * as objects from ${JSON.stringify(DIST)};
     const { Bucket, start, stop, ObjectsError, ObjectNotFound, PreconditionFailed, InvalidArgument } = objects;
     const show = (value) => console.log(JSON.stringify(value));
     const all = async (pieces) => { const found = []; for await (const one of pieces) found.push(one); return found; };
     const failure = async (promise) => {
       try { await promise; return "none"; }
       catch (error) { return [error.constructor.name, error.code, error.message]; }
     };
     ${source}`,
  );
  const child = spawn(process.execPath, [...args, join(folder, "app.mjs")], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"]!,
      TWINLOOP_ADDON: process.env["TWINLOOP_ADDON"] ?? "",
      PORT: "0",
      ...env,
    },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const texts = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (chunk: string) => (texts[stream] += chunk));
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...texts, folder };
}

/** The values that a module shows, one a line; the app has a bucket `files`, and is started before and stopped after it. */
export async function shown(
  source: string,
  {
    env = {},
    config = "{}",
  }: { readonly env?: Readonly<Record<string, string>>; readonly config?: string } = {},
): Promise<unknown[]> {
  const app = `const files = new Bucket("files", ${config});
    await start({ banner: false });
    ${source}
    await stop();`;
  const { stdout, stderr, code } = await runApp(app, env);
  if (code !== 0) throw new Error(`the app ended with ${code}: ${stderr}${stdout}`);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}
