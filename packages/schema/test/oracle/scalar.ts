import type { BigIntNode, Bound, BytesNode, Node, NumberNode, StringNode } from "../../src/ir/ir.ts";
import { compare, decimal, isMultiple, precision, type Decimal } from "./decimal.ts";
import type { Doc } from "./document.ts";

/** A value that fits, and the place of its type among those of which a union takes the first. */
export interface Fit {
  readonly rank: number;
  readonly value: unknown;
}

/** Digits that a double keeps apart. */
const DOUBLE_DIGITS = 15;
const MAX_BIGINT_DIGITS = 1000;

/** What a scalar is as a value of a type that is no container; undefined when it is none. */
export function fitScalar(node: Node, document: Doc): Fit | undefined {
  const when = (rank: number, fits: boolean): Fit | undefined =>
    fits && "value" in document ? { rank, value: document.value } : undefined;
  switch (node.kind) {
    case "null":
      return document.is === "null" ? { rank: 8, value: null } : undefined;
    case "boolean":
      return when(1, document.is === "boolean");
    case "literal":
      return when(0, "value" in document && document.value === node.value);
    case "enum":
      return when(0, "value" in document && node.values.includes(document.value));
    case "number":
      return when(2, document.is === "number" && fitsNumber(node, document.raw, document.value));
    case "string":
      return when(7, document.is === "string" && fitsText(node, document.value));
    case "template":
      return when(6, document.is === "string" && new RegExp(node.pattern, "u").test(document.value));
    case "bigint":
      return defined(3, readBigInt(node, document));
    case "date":
      return defined(4, document.is === "string" ? readDate(document.value) : undefined);
    case "bytes":
      return defined(5, document.is === "string" ? readBytes(node, document.value) : undefined);
    default:
      return undefined;
  }
}

function defined(rank: number, value: unknown): Fit | undefined {
  return value === undefined ? undefined : { rank, value };
}

type Side = "min" | "max" | "exclusiveMin" | "exclusiveMax";
const SIDES: Readonly<Record<Side, (order: number) => boolean>> = {
  min: (order) => order >= 0,
  max: (order) => order <= 0,
  exclusiveMin: (order) => order > 0,
  exclusiveMax: (order) => order < 0,
};

/** A rule holds of the number as it is written, and of the double that is read, where the rule itself is a double. */
function fitsNumber(node: NumberNode, raw: string, double: number): boolean {
  if (!Number.isFinite(double)) return false;
  const written = decimal(raw);
  const rounded = decimal(String(double));
  const bounds = (Object.keys(SIDES) as Side[]).every((side) => {
    const bound = node[side];
    if (bound === undefined) return true;
    const limit = boundOf(bound);
    const holds = (value: Decimal): boolean => SIDES[side](compare(value, limit));
    return holds(written) && (precision(limit) > DOUBLE_DIGITS || holds(rounded));
  });
  if (node.int && !isMultiple(written, decimal("1"))) return false;
  const unit = node.multipleOf === undefined ? undefined : boundOf(node.multipleOf);
  return bounds && (unit === undefined || (isMultiple(written, unit) && isMultiple(rounded, unit)));
}

function boundOf(bound: Bound): Decimal {
  return decimal(String(bound));
}

const FORMATS = {
  email:
    /^(?=.{1,254}$)(?=.{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?=[^@]*\.)([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+(?!\d+$)[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i,
  uuid: /^([\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}|0{8}(-0{4}){3}-0{12}|f{8}(-f{4}){3}-f{12})$/i,
  // The generated texts have a URL or none in them; what is a URL has tests of its own.
  url: /^https?:\/\/[a-z]+\.example$/,
};

function fitsText(node: StringNode, text: string): boolean {
  const length = [...text].length;
  return (
    length >= (node.minLen ?? 0) &&
    length <= (node.maxLen ?? Infinity) &&
    (node.startsWith ?? []).every((start) => text.startsWith(start)) &&
    (node.endsWith ?? []).every((end) => text.endsWith(end)) &&
    (node.patterns ?? []).every((pattern) => new RegExp(pattern, "u").test(text)) &&
    (node.formats ?? []).every((format) => FORMATS[format].test(text))
  );
}

function readBigInt(node: BigIntNode, document: Doc): bigint | undefined {
  const text = document.is === "number" ? document.raw : document.is === "string" ? document.value : "";
  if (!/^-?(0|[1-9]\d*)$/.test(text) || text.replace("-", "").length > MAX_BIGINT_DIGITS) return undefined;
  const value = BigInt(text);
  return value >= BigInt(node.min ?? value) && value <= BigInt(node.max ?? value) ? value : undefined;
}

/** RFC 3339, without leap seconds; what is finer than a millisecond is cut off. */
function readDate(text: string): Date | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/i.exec(
    text,
  );
  if (match === null) return undefined;
  const number = (group: number): number => Number(match[group] ?? 0);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || number(9) > 23 || number(10) > 59) return undefined;
  const millisecond = Number((match[7] ?? "").slice(0, 3).padEnd(3, "0"));
  const offset = (number(9) * 60 + number(10)) * (match[8] === "-" ? -1 : 1);
  date.setUTCHours(hour, minute - offset, second, millisecond);
  return date;
}

/** Base64 of either alphabet, with all of its padding or none of it, and no bits to spare. */
function readBytes(node: BytesNode, text: string): Uint8Array | undefined {
  const body = text.replace(/=+$/, "");
  const encoding = /[-_]/.test(body) ? "base64url" : "base64";
  const bytes = Buffer.from(body, encoding);
  const again = bytes.toString(encoding);
  const padded = bytes.toString("base64").length;
  if (again.replace(/=+$/, "") !== body || ![body.length, padded].includes(text.length)) return undefined;
  const fits = bytes.length >= (node.minLen ?? 0) && bytes.length <= (node.maxLen ?? Infinity);
  return fits ? new Uint8Array(bytes) : undefined;
}
