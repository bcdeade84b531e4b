import { expect, test } from "vitest";
import { isAllowed, judgeCrates, readPolicy } from "./rust-dependencies.mjs";

const POLICY = readPolicy(`
allow = ["MIT", "ISC"]
allow-registry = ["https://index"]
skip = [
    { crate = "old@1", reason = "below another" },
]`);

/** @param {string} name @param {string} version @param {string} [license] @param {string} [source] */
const crate = (name, version, license = "MIT", source = "registry+https://index") => ({
  name,
  version,
  license,
  source,
});

test("a licence expression is met by what is allowed", () => {
  const met = (/** @type {string} */ expression) => isAllowed(expression, POLICY.licences);
  expect(
    ["MIT", "Apache-2.0/MIT", "(GPL-3.0 OR MIT) AND ISC", "GPL-3.0 AND ISC OR MIT"].filter(met),
  ).toHaveLength(4);
  expect(
    ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT WITH exception", "(MIT OR ISC) AND GPL-3.0"].filter(met),
  ).toEqual([]);
});

test("a second version, another source and a stale skip are told", () => {
  const crates = [crate("old", "1.0.3"), crate("old", "2.0.0"), crate("a", "1.0.0"), crate("a", "2.0.0")];
  expect(judgeCrates(crates, POLICY)).toEqual([expect.stringContaining("a: there are 1.0.0 and 2.0.0")]);
  expect(judgeCrates([crate("b", "1.0.0", "MIT", "git+https://elsewhere")], POLICY)).toEqual([
    expect.stringContaining("which deny.toml does not allow"),
    expect.stringContaining("deny.toml skips old@1"),
  ]);
});
