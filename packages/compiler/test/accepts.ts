import type { Node, ObjectNode, StringNode, NumberNode, TypeIndex } from "@twinloop/core-native/build-time";

/** Whether a JSON value fits a node: a plain reading of what each node means, to hold fixtures against. */
export function accepts(types: readonly Node[], index: TypeIndex, value: unknown): boolean {
  const node = types[index];
  const fits = (type: TypeIndex, inner: unknown): boolean => accepts(types, type, inner);
  switch (node?.kind) {
    case "any":
      return true;
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "number":
      return typeof value === "number" && acceptsNumber(node, value);
    case "string":
      return typeof value === "string" && acceptsString(node, value);
    case "literal":
      return value === node.value;
    case "enum":
      return node.values.includes(value as string);
    case "template":
      return typeof value === "string" && new RegExp(node.pattern, "u").test(value);
    case "array":
      return (
        Array.isArray(value) &&
        isBetween(value.length, node.minItems, node.maxItems) &&
        value.every((item) => fits(node.items, item))
      );
    case "tuple": {
      if (!Array.isArray(value)) return false;
      if (value.length > node.items.length && node.rest === null) return false;
      const { rest } = node;
      const isFixed = node.items.every((item, at) =>
        at < value.length ? fits(item.type, value[at]) : item.optional,
      );
      return isFixed && value.slice(node.items.length).every((item) => rest !== null && fits(rest, item));
    }
    case "object":
      return (
        typeof value === "object" &&
        value !== null &&
        !Array.isArray(value) &&
        acceptsObject(node, value, fits)
      );
    case "union":
      return node.arms.some((arm) => fits(arm, value));
    case "date":
      return typeof value === "string" && isDate(value);
    case "bigint": {
      if (typeof value === "string" ? !/^-?\d+$/.test(value) : !Number.isInteger(value)) return false;
      const exact = BigInt(value as string);
      return exact >= BigInt(node.min ?? exact) && exact <= BigInt(node.max ?? exact);
    }
    case "bytes": {
      if (typeof value !== "string" || !/^[\w+/-]*={0,2}$/.test(value)) return false;
      return isBetween(Buffer.from(value, "base64").length, node.minLen, node.maxLen);
    }
    default:
      throw new Error(`no node at ${index}`);
  }
}

function acceptsNumber(node: NumberNode, value: number): boolean {
  if (!Number.isFinite(value) || (node.int === true && !Number.isInteger(value))) return false;
  if (node.multipleOf !== undefined && value % Number(node.multipleOf) !== 0) return false;
  if (node.exclusiveMin !== undefined && value <= Number(node.exclusiveMin)) return false;
  if (node.exclusiveMax !== undefined && value >= Number(node.exclusiveMax)) return false;
  return isBetween(value, node.min, node.max);
}

const formats = {
  email: /^[^@\s]+@[^@\s]+$/,
  url: /^https?:\/\/\S+$/,
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
};

function acceptsString(node: StringNode, value: string): boolean {
  return (
    isBetween([...value].length, node.minLen, node.maxLen) &&
    (node.patterns ?? []).every((pattern) => new RegExp(pattern, "u").test(value)) &&
    (node.startsWith ?? []).every((start) => value.startsWith(start)) &&
    (node.endsWith ?? []).every((end) => value.endsWith(end)) &&
    (node.formats ?? []).every((format) => formats[format].test(value))
  );
}

function acceptsObject(
  node: ObjectNode,
  value: object,
  fits: (type: TypeIndex, inner: unknown) => boolean,
): boolean {
  const entries = new Map(Object.entries(value));
  const known = new Set(node.properties.map(({ name }) => name));
  const declared = node.properties.every(({ name, type, optional }) =>
    entries.has(name) ? fits(type, entries.get(name)) : optional,
  );
  const others = [...entries].filter(([name]) => !known.has(name));
  const { additional } = node;
  if (additional === null) return declared && (node.closed !== true || others.length === 0);
  return (
    declared &&
    others.every(
      ([name, inner]) =>
        (additional.key === null || fits(additional.key, name)) && fits(additional.value, inner),
    )
  );
}

function isBetween(
  value: number,
  min: number | string | undefined,
  max: number | string | undefined,
): boolean {
  return value >= Number(min ?? -Infinity) && value <= Number(max ?? Infinity);
}

function isDate(value: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(value);
  if (match === null) return false;
  const date = new Date(`${match[1]}-${match[2]}-${match[3]}T00:00:00Z`);
  return date.getUTCDate() === Number(match[3]);
}
