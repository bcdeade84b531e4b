import { readFileSync } from "node:fs";
import { findLibrary } from "../setup/addon.mjs";
import { runCommand } from "../setup/command.mjs";
import { compareVersions } from "../setup/node-version.mjs";
import { Problem } from "../setup/problem.mjs";
import { readElfNeeds } from "./elf.mjs";
import { installZig, OLDEST_GLIBC } from "./zig.mjs";

/** What every distribution of Linux that Node runs on has. */
const LIBRARIES = {
  glibc:
    /^(libc\.so\.6|libm\.so\.6|libdl\.so\.2|librt\.so\.1|libpthread\.so\.0|libutil\.so\.1|libgcc_s\.so\.1|ld-linux-[\w-]+\.so\.\d)$/,
  musl: /^(libc\.so|libc\.musl-\w+\.so\.1|libgcc_s\.so\.1)$/,
};

/**
 * Builds the addon for one platform as it is published: optimised, without symbols, and for Linux by zig, so that it runs on
 * older systems than this one. The target's standard library must be installed (`rustup target add`).
 *
 * Errors: `Problem` when cargo cannot build it, or when what it built would not run everywhere it is for.
 *
 * @param {import("./platforms.mjs").Platform} platform
 * @returns {Promise<string>} absolute path of the shared library
 */
export async function buildPublishedAddon({ triple, target, cpu, libc }) {
  const { program, env } = libc ? await installZig() : { program: "cargo", env: {} };
  const name = libc === "glibc" ? `${target}.${OLDEST_GLIBC}` : target;
  const args = [
    "--profile",
    "dist",
    "-p",
    "twinloop-core-native",
    "--target",
    name,
    "--message-format=json-render-diagnostics",
  ];
  // An addon is loaded by a program that has musl already: linked to it, not holding a second one.
  const flags = libc === "musl" ? { RUSTFLAGS: "-C target-feature=-crt-static" } : {};
  const result = await runCommand(program, [libc ? "zigbuild" : "build", ...args], {
    env: { ...env, ...flags },
    stderr: "show",
  });
  if (result.code !== 0)
    throw new Problem(`cargo could not build the addon for ${triple}: its own message above says why.`);
  const library = findLibrary(result.stdout);
  const problems = libc ? judgeAddon(readElfNeeds(readFileSync(library)), { cpu, libc }) : [];
  if (problems.length > 0)
    throw new Problem(`The addon for ${triple} is not to be published:\n${problems.join("\n")}`);
  return library;
}

/**
 * Holds an addon for Linux to what its package promises: the processor, the oldest glibc, no libraries but those of every
 * system, no symbols.
 *
 * @param {import("./elf.mjs").ElfNeeds} needs
 * @param {{ cpu: string, libc: "glibc" | "musl" }} platform
 * @returns {string[]} what is wrong; empty when nothing is
 */
export function judgeAddon({ machine, libraries, versions, sections }, { cpu, libc }) {
  const problems = [];
  if (machine !== cpu) problems.push(`It is for ${machine}, and its package is for ${cpu}.`);
  for (const library of libraries.filter((one) => !LIBRARIES[libc].test(one)))
    problems.push(`It is linked to ${library}, which not every system has.`);
  for (const version of new Set(versions)) {
    const [, wanted] = /^GLIBC_(.+)$/.exec(version) ?? [];
    if (wanted === undefined) continue;
    if (libc === "musl") problems.push(`It needs ${version}, and its package is for musl.`);
    else if (compareVersions(wanted, OLDEST_GLIBC) > 0)
      problems.push(`It needs ${version}, and ${OLDEST_GLIBC} is the oldest glibc that it is for.`);
  }
  for (const section of sections.filter((one) => one === ".symtab" || one.startsWith(".debug_")))
    problems.push(`It is not stripped: it has a section ${section}.`);
  return problems;
}
