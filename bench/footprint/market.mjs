import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packAll } from "../../tools/release/pack.mjs";
import { serveRegistry } from "../../tools/release/registry.mjs";
import { runCommand } from "../../tools/setup/command.mjs";
import { Problem } from "../../tools/setup/problem.mjs";

const APP = fileURLToPath(new URL("idle-app.mjs", import.meta.url));

/**
 * Packs the packages as they are published, and installs them into empty projects by npm.
 *
 * @returns {Promise<{ makeProject: (primitives: readonly string[]) => Promise<string>, close: () => Promise<void> }>}
 */
export async function openMarket() {
  const home = mkdtempSync(join(tmpdir(), "twinloop-footprint-"));
  const registry = await serveRegistry(await packAll(join(home, "packed")));
  let count = 0;
  return {
    makeProject: async (primitives) => {
      const folder = join(home, `project-${count++}`);
      mkdirSync(folder);
      writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
      writeFileSync(join(folder, ".npmrc"), `@twinloop:registry=${registry.url}\n`);
      copyFileSync(APP, join(folder, "app.mjs"));
      const names = primitives.map((name) => `@twinloop/${name}`);
      const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", ...names];
      const { code, stderr } = await runCommand("npm", args, { cwd: folder });
      if (code !== 0) throw new Problem(`npm could not install ${names.join(", ")}:\n${stderr.trim()}`);
      return folder;
    },
    close: async () => {
      await registry.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
