import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root, runCommand } from "../setup/command.mjs";
import { prepare } from "../setup/prepare.mjs";
import { Problem } from "../setup/problem.mjs";
import { buildPackages, packagesAreBuilt } from "../setup/typescript-packages.mjs";
import { checkApiReports } from "../api-reports/api-reports.mjs";
import { checkDefinitions } from "../definitions/definitions.mjs";
import { tidy } from "../tidy/tidy.mjs";
import { checkRustDependencies } from "./rust-dependencies.mjs";

/**
 * One check. `run` resolves to the problems as text, empty when there are none.
 *
 * @typedef {{ name: string, run: () => Promise<string> }} Check
 */

/**
 * Runs the `check` command; with `--fix` the `fix` command, which first fixes format and simple lint and writes the public API
 * down as it is.
 *
 * Shape: `[]` or `["--fix"]` -> 0 when every check is clean. One line for each check, with its time.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export async function main(args) {
  const unknown = args.find((argument) => argument !== "--fix");
  if (unknown !== undefined)
    throw new Problem(`\`${unknown}\` is no option of check; there is only \`--fix\`.`);
  // The build includes the demo's, whose patterns, schedules and `.env` the addon reads.
  await prepare({ addon: "quick", packages: "installed", rust: true });
  let failures = 0;
  for (const check of listChecks(args.includes("--fix"))) {
    const startedAt = performance.now();
    const wrong = await check.run();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (wrong !== "") failures += 1;
    console.log(`${wrong === "" ? "✓" : "✗"} ${check.name} (${seconds} s)`);
    if (wrong !== "") console.log(`${wrong.trimEnd()}\n`);
  }
  console.log(
    failures === 0
      ? "All clean."
      : `${failures} not clean: \`npm run fix\` fixes format and simple lint, and accepts changes of the public API.`,
  );
  return failures === 0 ? 0 : 1;
}

/**
 * @param {boolean} fix
 * @returns {Check[]} lint first: what it rewrites is formatted after
 */
function listChecks(fix) {
  const clippy = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
  return [
    { name: "definitions", run: () => checkDefinitions(fix) },
    command("oxlint", tool("oxlint"), ["--deny-warnings", ...(fix ? ["--fix"] : [])]),
    command("prettier", tool("prettier"), [fix ? "--write" : "--check", "--log-level=warn", "."]),
    // Before the types: those of other packages are read from their built declarations.
    { name: "build", run: buildOutput },
    ...typeProjects().map((project) =>
      command(`types of ${project}`, tool("tsc"), ["-p", project, "--noEmit"]),
    ),
    command("api docs", join(root, "tools/api-docs/node_modules/.bin/typedoc"), [
      "--options",
      join(root, "tools/api-docs/typedoc.config.mjs"),
    ]),
    { name: "api reports", run: () => checkApiReports(fix) },
    command("cargo fmt", "cargo", ["fmt", "--all", ...(fix ? [] : ["--", "--check"])]),
    command("cargo clippy", "cargo", clippy),
    command("cargo doc", "cargo", ["doc", "--workspace", "--no-deps", "--quiet"], {
      RUSTDOCFLAGS: "-D warnings",
    }),
    { name: "crates of others", run: checkRustDependencies },
    { name: "tidy", run: async () => tidy(root).map(describe).join("\n") },
  ];
}

async function buildOutput() {
  if (packagesAreBuilt()) return "";
  return buildPackages().then(
    () => "",
    (error) => (error instanceof Problem ? error.message : Promise.reject(error)),
  );
}

/** @param {string} name @returns {string} a program that an npm package brought */
function tool(name) {
  return join(root, "node_modules/.bin", name);
}

/** Lists every folder with a tsconfig.json; the root's own covers the tools and all tests. */
function typeProjects() {
  const folders = ["packages", "apps"].flatMap((parent) =>
    existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`) : [],
  );
  return [...folders, "bench"]
    .filter((folder) => existsSync(join(root, folder, "tsconfig.json")))
    .concat("tsconfig.json");
}

/**
 * @param {string} name
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string>} [env] added to the present one
 * @returns {Check}
 */
function command(name, program, args, env = {}) {
  return {
    name,
    async run() {
      const result = await runCommand(program, args, { env });
      if (result.code === 0) return "";
      const output = `${result.stdout}${result.stderr}`;
      const missing = /no such command: `(\w+)`|'cargo-(fmt|clippy)' is not installed/.exec(output);
      if (missing === null)
        return output || `${program} ended with exit code ${result.code} and said nothing.`;
      return `cargo has no \`${missing[1] ?? missing[2]}\`: run \`rustup component add rustfmt clippy\`.`;
    },
  };
}

/** @param {import("../tidy/finding.mjs").Finding} finding */
function describe({ file, line, rule, message }) {
  return `${file}:${line} ${rule}: ${message}`;
}
