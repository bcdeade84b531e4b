import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Packed } from "../../../../tools/release/pack.mjs";
import { serveRegistry } from "../../../../tools/release/registry.mjs";
import { packOnce } from "./packed-once.ts";

/** Where the packages of this checkout can be had by name. */
export interface Market {
  readonly packages: readonly Packed[];
  /** The environment in which every package manager finds the packages by name. */
  readonly registryEnvironment: NodeJS.ProcessEnv;
  /** An empty project in a folder of its own, into which these were installed by npm. */
  makeProject(names: readonly string[]): Promise<Project>;
  close(): Promise<void>;
}

/** A user's project. */
export interface Project {
  readonly folder: string;
  /** A project that lies in this one's folder. */
  within(name: string): Project;
  write(name: string, text: string): void;
  /** Runs a program there and gives what it printed; rejects when it fails. */
  run(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>;
}

/** Offers the packages as they are published. */
export async function openMarket(): Promise<Market> {
  const home = mkdtempSync(join(tmpdir(), "twinloop-market-"));
  const packages = await packOnce();
  const registry = await serveRegistry(packages);
  // The settings of a user, which each of them reads: npm, pnpm, yarn 1 and bun the first file, yarn 4 the second.
  const settings = join(home, ".npmrc");
  writeFileSync(settings, `@twinloop:registry=${registry.url}\n`);
  const scope = `  twinloop:\n    npmRegistryServer: "${registry.url}"\n`;
  const modern = `enableTelemetry: false\nunsafeHttpWhitelist: ["127.0.0.1"]\nnpmScopes:\n${scope}`;
  writeFileSync(join(home, ".yarnrc.yml"), modern);
  const cache = process.env["npm_config_cache"] ?? join(homedir(), ".npm");
  const registryEnvironment = { HOME: home, npm_config_userconfig: settings, npm_config_cache: cache };
  let count = 0;
  return {
    packages,
    registryEnvironment,
    makeProject: async (names) => {
      const folder = mkdtempSync(join(home, `project-${count++}-`));
      const project = makeProject(folder);
      project.write("package.json", JSON.stringify({ private: true, type: "module" }));
      project.write(".npmrc", `@twinloop:registry=${registry.url}\n`);
      if (names.length > 0)
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
    within: (name) => makeProject(join(folder, name)),
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
