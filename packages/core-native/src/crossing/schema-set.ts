import { revive, type Node, type RequestPlace } from "@twinloop/schema";
import { APIError } from "../errors/error.ts";
import { native } from "./native.ts";

/** The request of an endpoint, and whether errors must not show its values. */
export interface CheckedPlace {
  readonly place: RequestPlace | null;
  readonly sensitive: boolean;
}

/** A request as a client would send it: path, query and headers as texts, and the body as JSON. */
export interface EncodedRequest {
  /** Names and raw segments of the path's parameters. */
  readonly path: readonly (readonly [string, string])[];
  /** The query without its `?`; `null` without any. */
  readonly query: string | null;
  /** Names in lower case, and values. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** Types and requests of an app, compiled by the validator in Rust at the first check. Starts no thread. */
export class SchemaSet {
  readonly #types: readonly Node[];
  readonly #places: readonly CheckedPlace[];
  #number: number | undefined;

  constructor(types: readonly Node[], places: readonly CheckedPlace[]) {
    this.#types = types;
    this.#places = places;
  }

  /**
   * Checks a request of the place `index`, and returns what the handler is given.
   *
   * Errors: `invalid_argument` with the issues that a client would be told of.
   */
  request(index: number, { body, ...parts }: EncodedRequest): unknown {
    return read(native.schemaRequest(this.#open(), index, JSON.stringify(parts), body));
  }

  /** Checks a JSON text against a type, and returns its value. Errors: as for `request`. */
  value(type: number, text: string): unknown {
    return read(native.schemaValue(this.#open(), type, text));
  }

  #open(): number {
    return (this.#number ??= native.schemaOpen(JSON.stringify(this.#types), JSON.stringify(this.#places)));
  }
}

function read(verdict: string): unknown {
  const text = verdict.slice(1);
  if (verdict.startsWith("=")) return JSON.parse(text);
  if (verdict.startsWith("#")) return revive(JSON.parse(text));
  const { summary, issues } = JSON.parse(text) as { readonly summary: string; readonly issues: unknown };
  throw APIError.invalidArgument(summary).withDetails({ issues });
}
