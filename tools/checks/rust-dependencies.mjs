import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, runCommand } from "../setup/command.mjs";

/**
 * Checks the crates of Cargo.lock against deny.toml: licences, sources, and one version of each crate but for those that are
 * skipped with a reason. Advisories need `cargo deny`, which is run where it is installed.
 *
 * @returns {Promise<string>} what is wrong; empty when all is well
 */
export async function checkRustDependencies() {
  const policy = readPolicy(readFileSync(join(root, "deny.toml"), "utf8"));
  const listed = await runCommand("cargo", ["metadata", "--format-version", "1", "--locked"]);
  if (listed.code !== 0) return listed.stderr;
  const problems = judgeCrates(JSON.parse(listed.stdout).packages, policy);
  const denied = await runCommand("cargo", ["deny", "--offline", "check"]);
  if (/no such command: `deny`/.test(denied.stderr)) {
    console.log("  cargo deny is not installed: advisories were not checked (`cargo install cargo-deny`).");
  } else if (denied.code !== 0) problems.push(denied.stderr);
  return problems.join("\n");
}

/**
 * @typedef {{ licences: Set<string>, registries: Set<string>, skipped: { name: string, version: string }[] }} Policy
 * @typedef {{ name: string, version: string, license: string | null, source: string | null }} Crate
 */

/** @param {string} toml deny.toml @returns {Policy} */
export function readPolicy(toml) {
  /** @param {string} key */
  const list = (key) => {
    const text = new RegExp(`^${key} = \\[([^\\]]*)\\]`, "m").exec(toml)?.[1] ?? "";
    return new Set([...text.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? ""));
  };
  const skips = [...toml.matchAll(/\{ crate = "([^"@]+)@([^"]+)", reason = "[^"]+" \}/g)];
  return {
    licences: list("allow"),
    registries: list("allow-registry"),
    skipped: skips.map(([, name = "", version = ""]) => ({ name, version })),
  };
}

/** @param {Crate[]} crates @param {Policy} policy @returns {string[]} */
export function judgeCrates(crates, policy) {
  const foreign = crates.filter((crate) => crate.source !== null);
  const problems = foreign.flatMap((crate) => {
    const place = `${crate.name} ${crate.version}`;
    const found = [];
    if (!isAllowed(crate.license ?? "", policy.licences))
      found.push(`${place}: its licence, ${crate.license ?? "none"}, is not allowed by deny.toml.`);
    if (!policy.registries.has((crate.source ?? "").replace(/^registry\+/, "")))
      found.push(`${place}: it comes from ${crate.source}, which deny.toml does not allow.`);
    return found;
  });
  const isSkipped = (/** @type {Crate} */ crate) =>
    policy.skipped.some(
      ({ name, version }) => name === crate.name && `${crate.version}.`.startsWith(`${version}.`),
    );
  /** @type {Map<string, Crate[]>} */
  const counted = new Map();
  for (const crate of foreign.filter((one) => !isSkipped(one)))
    counted.set(crate.name, [...(counted.get(crate.name) ?? []), crate]);
  for (const [name, versions] of counted) {
    if (versions.length < 2) continue;
    const shown = versions.map(({ version }) => version).join(" and ");
    problems.push(`${name}: there are ${shown}; bring them together, or skip one in deny.toml and say why.`);
  }
  const unused = policy.skipped.filter(
    (skip) => !foreign.some((crate) => isSkipped(crate) && crate.name === skip.name),
  );
  return [
    ...problems,
    ...unused.map(
      ({ name, version }) => `deny.toml skips ${name}@${version}, which is not there: take it out.`,
    ),
  ];
}

/**
 * Tells whether a licence expression can be satisfied with allowed licences.
 *
 * Source: SPDX 2.3, annex D; `/` is the older spelling of `OR`. `AND` binds closer than `OR`.
 *
 * @param {string} expression
 * @param {Set<string>} allowed
 * @returns {boolean}
 */
export function isAllowed(expression, allowed) {
  const tokens = expression.replaceAll("/", " OR ").match(/\(|\)|[^\s()]+/g) ?? [];
  /** @returns {boolean} */
  const either = () => {
    let met = both();
    while (tokens[0] === "OR") {
      tokens.shift();
      const other = both();
      met = met || other;
    }
    return met;
  };
  /** @returns {boolean} */
  const both = () => {
    let met = one();
    while (tokens[0] === "AND") {
      tokens.shift();
      const other = one();
      met = met && other;
    }
    return met;
  };
  /** @returns {boolean} */
  const one = () => {
    const token = tokens.shift() ?? "";
    if (token === "(") {
      const met = either();
      tokens.shift();
      return met;
    }
    if (tokens[0] !== "WITH") return allowed.has(token);
    return allowed.has(`${token} ${tokens.splice(0, 2).join(" ")}`);
  };
  return either();
}
