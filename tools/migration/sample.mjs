/** @typedef {import("../../packages/schema/src/index.ts").Node} Node */

/**
 * Makes a value that fits a type of a manifest.
 *
 * @param {readonly Node[]} types @param {number} index @param {string} [name] @param {number} [depth] @returns {unknown}
 */
export function sampleOf(types, index, name = "", depth = 0) {
  const node = types[index];
  if (node === undefined || depth > 6) return null;
  /** @param {number} of @param {string} [called] */
  const inner = (of, called = name) => sampleOf(types, of, called, depth + 1);
  switch (node.kind) {
    case "boolean":
      return true;
    case "number":
      return Math.max(Number(node.min ?? 1), 1);
    case "bigint":
      return "1";
    case "string":
      return text(node, name);
    case "literal":
      return node.value;
    case "enum":
      return node.values[0];
    case "array":
      return [inner(node.items)];
    case "tuple":
      return node.items.map(({ type }) => inner(type));
    case "object":
      return Object.fromEntries(
        node.properties
          .filter(({ optional }) => !optional)
          .map((one) => [one.name, inner(one.type, one.name)]),
      );
    case "union":
      return inner(node.arms.find((arm) => types[arm]?.kind !== "null") ?? node.arms[0] ?? 0);
    case "date":
      return "2026-01-01T00:00:00.000Z";
    case "bytes":
      return "AAAA";
    case "any":
      return {};
    default:
      return null;
  }
}

/** @param {Extract<Node, { kind: "string" }>} node @param {string} name */
function text({ formats = [], startsWith = [], minLen = 0 }, name) {
  if (formats.includes("email") || /e-?mail|^to$|^from$/i.test(name)) return "someone@example.com";
  if (formats.includes("url") || /url/i.test(name)) return "https://example.com";
  if (formats.includes("uuid")) return "7f2c2b5e-55a4-4c8e-9d0f-0d7a6a3f9b11";
  // Ids are numbers more often than not, and a column of text takes a number's digits too.
  const made = `${startsWith[0] ?? ""}${/id$/i.test(name) ? "1" : "sample"}`;
  return made.padEnd(minLen, "x");
}
