import { createHash } from "node:crypto";

/**
 * One component of a bill of materials. `checksum` in hex; `needs` are the components that it depends on, by their `purl`.
 *
 * @typedef {{ purl: string, name: string, version: string, licence: string, checksum?: { algorithm: "SHA-256" | "SHA-512", hex: string }, needs: string[] }} Component
 */

/**
 * Writes a bill of materials, the same for the same components.
 *
 * Source: CycloneDX 1.6, JSON.
 *
 * @param {Component} subject what the bill is of
 * @param {readonly Component[]} components what it is made of and installed with
 * @returns {string} JSON
 */
export function formatSbom(subject, components) {
  const unique = [...new Map(components.map((component) => [component.purl, component])).values()];
  const sorted = unique.toSorted((one, other) => (one.purl < other.purl ? -1 : 1));
  const known = new Set(sorted.map(({ purl }) => purl));
  const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: serialNumber([subject, ...sorted]),
    version: 1,
    metadata: { component: toComponent(subject) },
    components: sorted.map(toComponent),
    dependencies: [subject, ...sorted].map(({ purl, needs }) => ({
      ref: purl,
      dependsOn: [...new Set(needs)].filter((need) => known.has(need)).toSorted(),
    })),
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** @param {Component} component */
function toComponent({ purl, name, version, licence, checksum }) {
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    ...(licence === "" ? {} : { licenses: [{ expression: licence }] }),
    ...(checksum ? { hashes: [{ alg: checksum.algorithm, content: checksum.hex }] } : {}),
  };
}

/** @param {readonly Component[]} components @returns {string} a URN of a UUID that is made from the contents */
function serialNumber(components) {
  const hex = createHash("sha256").update(JSON.stringify(components)).digest("hex");
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${groups.join("-")}`;
}

/**
 * The address of a package in all registries.
 *
 * Source: package-url specification: `pkg:npm/%40scope/name@version`, `pkg:cargo/name@version`.
 *
 * @param {"npm" | "cargo"} kind
 * @param {string} name
 * @param {string} version
 */
export function purlOf(kind, name, version) {
  return `pkg:${kind}/${name.replace(/^@/, "%40")}@${version.replaceAll("+", "%2B")}`;
}
