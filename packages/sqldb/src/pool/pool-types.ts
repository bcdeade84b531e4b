import { SQLError } from "../error.ts";
import { peer, type TypeParsers } from "./pool-peer.ts";
import type { BigintMode } from "../statement/row.ts";
import { kindOf, reading } from "../argument/unreadable.ts";

/**
 * Types that Rust converts as node-postgres does by default, each with a sample text and a check of the parser's
 * result. Columns of these types are not sent as text and parsed again.
 */
const SAME: ReadonlyMap<number, Probe> = new Map<number, Probe>([
  [16, { text: "t", isSame: (value) => value === true }],
  ...probes([21, 23, 26], { text: "42", isSame: (value) => value === 42 }),
  ...probes([700, 701], { text: "1.5", isSame: (value) => value === 1.5 }),
  ...probes([20, 25, 1043, 1042, 19, 2950, 1700], { text: "7", isSame: (value) => value === "7" }),
  ...probes([114, 3802], { text: '{"a":[1]}', isSame: isDocument }),
  [1184, { text: "2001-02-03 04:05:06.789+00", isSame: isInstant }],
  [17, { text: "\\x4142", isSame: (value) => Buffer.isBuffer(value) && value.toString() === "AB" }],
]);

/** A text as the server writes it, and whether a parser's result is what Rust makes of that text. */
interface Probe {
  readonly text: string;
  readonly isSame: (value: unknown) => boolean;
}

function probes(oids: readonly number[], probe: Probe): readonly (readonly [number, Probe])[] {
  return oids.map((oid) => [oid, probe]);
}

function isDocument(value: unknown): boolean {
  return JSON.stringify(value) === '{"a":[1]}';
}

function isInstant(value: unknown): boolean {
  return value instanceof Date && value.getTime() === Date.UTC(2001, 1, 3, 4, 5, 6, 789);
}

const INT8 = 20;
/** What was found about each parser, by type: a parser is tried once. */
const known = new WeakMap<object, Map<number, boolean>>();

/** Whether Rust converts a type as the given parsers would. */
export function isNative(oid: number, types: TypeParsers): boolean {
  const probe = SAME.get(oid);
  if (!probe) return false;
  const parser = parserOf(types, oid);
  let byOid = known.get(parser);
  if (!byOid) known.set(parser, (byOid = new Map()));
  let same = byOid.get(oid);
  if (same === undefined) byOid.set(oid, (same = agrees(parser, probe)));
  return same;
}

/** The parser of a type. Errors: `invalid_parameter` where `types` returns no function. */
export function parserOf(types: TypeParsers, oid: number): (text: string) => unknown {
  const parser: unknown = reading("the types of a query", () => types.getTypeParser(oid, "text"));
  if (typeof parser === "function") return parser as (text: string) => unknown;
  throw new SQLError("invalid_parameter", `getTypeParser(${oid}) gives a function, not ${kindOf(parser)}`);
}

function agrees(parser: (text: string) => unknown, { text, isSame }: Probe): boolean {
  try {
    return isSame(parser(text));
  } catch {
    return false;
  }
}

/** The type parsers of one client: its own, then those of the app's node-postgres. */
export class ClientTypes implements TypeParsers {
  readonly #own = new Map<string, (text: string) => unknown>();
  readonly #bigints: BigintMode;

  constructor(bigints: BigintMode) {
    this.#bigints = bigints;
  }

  /** Registers a parser for a type on this client; `(oid, parser)` registers one for the text format. */
  setTypeParser(oid: number, format: unknown, parser?: (text: string) => unknown): void {
    const parse = (typeof format === "function" ? format : parser) as (text: string) => unknown;
    if (typeof parse !== "function") {
      throw new SQLError("invalid_parameter", `the parser of a type is a function, not ${kindOf(parse)}`);
    }
    this.#own.set(`${typeof format === "string" ? format : "text"} ${oid}`, parse);
  }

  /** Whether no parser differs from Rust's conversion. */
  get hasNone(): boolean {
    return this.#own.size === 0 && peer().types === undefined;
  }

  /** The parser of a type: the client's own, then that of the app's `pg`; without either, the text as it is. */
  getTypeParser(oid: number, format: "text" = "text"): (text: string) => unknown {
    const own = this.#own.get(`${format} ${oid}`);
    if (own) return own;
    const { types } = peer();
    if (!types) return asItIs;
    const parser = types.getTypeParser(oid, format);
    // The database's own option applies where the app has registered no parser.
    const isDefault = oid === INT8 && this.#bigints !== "string" && isNative(oid, types);
    return isDefault ? (this.#bigints === "number" ? Number : BigInt) : parser;
  }
}

function asItIs(text: string): string {
  return text;
}
