import {
  buildSerializer as serializerOf,
  DIGITS,
  type MismatchFound,
  type Node,
  type Serialize,
  type TypeIndex,
} from "@twinloop/schema";
import { TwinloopError } from "./error.ts";
import { SystemCode } from "./system-code.ts";

/** What drivers do with numbers that no double holds. */
const AS_TEXT =
  ". Columns of bigint and numeric come as text: cast the column, declare a string, " +
  'or, for bigint, set `bigint: "number"` in the options of the SQLDatabase';

/**
 * Thrown when a value does not fit the type it is written by.
 *
 * Shape:  the message says where, what was expected and what was found: `response.items[2].price: expected number,
 *         found string`. The message names types, never values. Where digits came for a number, the message says what to do.
 */
export class ResponseMismatch extends TwinloopError {
  /** The place in the value: `response.items[2].price`. */
  readonly at: string;
  readonly expected: string;
  readonly found: string;

  constructor(at: string, expected: string, found: string, cause?: unknown) {
    super(
      SystemCode.ResponseMismatch,
      `${at}: expected ${expected}, found ${found}${found === DIGITS ? AS_TEXT : ""}`,
      cause === undefined ? {} : { cause },
    );
    this.at = at;
    this.expected = expected;
    this.found = found;
  }
}

/**
 * Builds the serializer of a type, whose errors are Twinloop's.
 *
 * Shape:  as `buildSerializer` of `@twinloop/schema`; `root` is what places in errors begin with, `response` unless given.
 * Errors: the serializer throws `ResponseMismatch` for a value that does not fit.
 */
export function buildSerializer(types: readonly Node[], type: TypeIndex, root?: string): Serialize {
  return serializerOf(types, type, root, responseMismatch);
}

/**
 * Builds the serializer of answers to requests, in whose text rows that lie in Rust leave marks while `allowSplices` lets them.
 *
 * Errors: as `buildSerializer`.
 */
export function buildAnswerSerializer(types: readonly Node[], type: TypeIndex): Serialize {
  return serializerOf(types, type, undefined, responseMismatch, true);
}

function responseMismatch({ at, expected, found, cause }: MismatchFound): ResponseMismatch {
  return new ResponseMismatch(at, expected, found, cause);
}
