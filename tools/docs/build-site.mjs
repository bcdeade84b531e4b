import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, runCommand } from "../setup/command.mjs";
import { prepare } from "../setup/prepare.mjs";
import { Problem } from "../setup/problem.mjs";
import { deadAnchors } from "./check-anchors.mjs";
import { stageSite } from "./stage-site.mjs";

const HOME = join(root, "apps/docs");
const VITEPRESS = join(HOME, "node_modules/.bin/vitepress");

/** The folder of the built site. */
export const BUILT = join(HOME, "dist");

/**
 * Runs the `docs` command: builds the documentation site into `apps/docs/dist`.
 *
 * Shape:  `--serve` also serves what was built, on http://localhost:4173; `--quick` leaves out the pages of typedoc.
 * Errors: `Problem` for a link that leads nowhere, for an option that is not known, and for what typedoc finds undocumented.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export async function main(args) {
  const stray = args.find((word) => !["--serve", "--quick"].includes(word));
  if (stray !== undefined) throw new Problem(`\`npm run docs\` has no option ${stray}: --serve, --quick.`);
  await prepare({ addon: "quick" });
  await buildSite();
  if (!args.includes("--quick")) await addApiPages();
  console.log(`The site is in ${BUILT}.`);
  if (!args.includes("--serve")) return 0;
  const { code } = await runCommand(VITEPRESS, ["preview", HOME], { stdout: "show", stderr: "show" });
  return code;
}

/**
 * Builds the pages of the site, without those of typedoc. The packages must be built.
 *
 * Errors: `Problem` with what VitePress printed, or with the links that lead to no place of their page.
 *
 * @param {{ minify?: boolean }} [options] whether scripts are made small, which takes a while; default true
 * @returns {Promise<void>}
 */
export async function buildSite({ minify = true } = {}) {
  await stageSite();
  const env = { NO_COLOR: "1", CI: "1" };
  const { code, stdout, stderr } = await runCommand(
    VITEPRESS,
    ["build", HOME, ...(minify ? [] : ["--minify", "false"])],
    { env },
  );
  if (code !== 0) throw new Problem(`VitePress did not build the site:\n${stdout}${stderr}`);
  const dead = deadAnchors(BUILT);
  if (dead.length > 0) throw new Problem(`Links that lead to no place of the site:\n  ${dead.join("\n  ")}`);
}

/** Puts typedoc's pages of all packages beside the site, at `/typedoc/`. */
async function addApiPages() {
  const folder = join(root, "tools/api-docs");
  const made = await runCommand(
    join(folder, "node_modules/.bin/typedoc"),
    ["--options", "typedoc.config.mjs"],
    { cwd: folder },
  );
  if (made.code !== 0) throw new Problem(`typedoc did not make the API pages:\n${made.stdout}${made.stderr}`);
  const target = join(BUILT, "typedoc");
  rmSync(target, { recursive: true, force: true });
  cpSync(join(folder, "dist"), target, { recursive: true });
}
