import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packAll, type Packed } from "../../../../tools/release/pack.mjs";
import { serveRegistry } from "../../../../tools/release/registry.mjs";

/** Where the packages of this checkout can be had by name. */
export interface Market {
  readonly packages: readonly Packed[];
  /** An empty project in a folder of its own, into which these were installed by npm. */
  makeProject(names: readonly string[]): Promise<Project>;
  close(): Promise<void>;
}

/** A user's project. */
export interface Project {
  readonly folder: string;
  write(name: string, text: string): void;
  /** Runs a program there and gives what it printed; rejects when it fails. */
  run(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>;
}

/** Packs the packages as they are published, and offers them. */
export async function openMarket(): Promise<Market> {
  const home = mkdtempSync(join(tmpdir(), "twinloop-market-"));
  const packages = await packAll(join(home, "packed"));
  const registry = await serveRegistry(packages);
  let count = 0;
  return {
    packages,
    makeProject: async (names) => {
      const folder = mkdtempSync(join(home, `project-${count++}-`));
      const project = makeProject(folder);
      project.write("package.json", JSON.stringify({ private: true, type: "module" }));
      project.write(".npmrc", `@twinloop:registry=${registry.url}\n`);
      await project.run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...names]);
      return project;
    },
    close: async () => {
      await registry.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function makeProject(folder: string): Project {
  return {
    folder,
    write: (name, text) => writeFileSync(join(folder, name), text),
    run: (program, args, env = {}) => run(folder, program, args, env),
  };
}

async function run(
  cwd: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  // The addon of the packages, not of the checkout.
  const { TWINLOOP_ADDON: _, ...inherited } = process.env;
  const child = spawn(program, args, {
    cwd,
    env: { ...inherited, NODE_ENV: "development", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${output}`);
  return output;
}
