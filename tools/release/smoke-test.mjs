import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root, runCommand } from "../setup/command.mjs";
import { Problem } from "../setup/problem.mjs";
import { readPackedFiles } from "./packed-files.mjs";
import { serveRegistry } from "./registry.mjs";

/** The packages whose programs need no server. */
const SELF_SUFFICIENT = ["api", "pubsub", "cron", "secrets"];
const PROGRAMS = join(root, "apps/composition/test/packages/fixtures");

/**
 * Installs packed packages by npm into an empty project, and runs a program of each by the Node that runs this: what is published
 * works on this machine, and nothing of the checkout is needed.
 *
 * Shape:  the folder with the archives, `release` unless given -> 0; a line for each program.
 * Errors: `Problem` with the output of what failed.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export async function main([folder = join(root, "release")]) {
  const registry = await serveRegistry(readPackedFiles(resolve(folder)));
  const project = mkdtempSync(join(tmpdir(), "twinloop-smoke-"));
  try {
    writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
    writeFileSync(join(project, ".npmrc"), `@twinloop:registry=${registry.url}\n`);
    const names = SELF_SUFFICIENT.map((name) => `@twinloop/${name}`);
    await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...names], project);
    for (const name of SELF_SUFFICIENT) {
      cpSync(join(PROGRAMS, `${name}.mjs`), join(project, `${name}.mjs`));
      const output = await run("node", [`${name}.mjs`], project);
      if (!output.includes("hello you"))
        throw new Problem(`The program of @twinloop/${name} printed:\n${output}`);
      console.log(
        `${process.platform}-${process.arch}, Node ${process.versions.node}: @twinloop/${name} answers`,
      );
    }
    return 0;
  } finally {
    await registry.stop();
    rmSync(project, { recursive: true, force: true });
  }
}

/** @param {string} program @param {string[]} args @param {string} cwd */
async function run(program, args, cwd) {
  const env = { NODE_ENV: "development", PUBSUB_URL: "memory:", GreetedName: "you", TWINLOOP_ADDON: "" };
  const { code, stdout, stderr } = await runCommand(program, args, { cwd, env });
  if (code === 0) return stdout;
  throw new Problem(`${program} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
}
