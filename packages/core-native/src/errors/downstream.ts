import type { ErrCode } from "./error-code.ts";

/** What a code says of a failed dependency. */
type Answer = typeof ErrCode.Unavailable | typeof ErrCode.DeadlineExceeded;

// Restated here because the published package does not carry contract/; error-code.test.ts compares the two.
const ANSWERS: Readonly<Record<string, Answer>> = {
  unavailable: "unavailable",
  resource_exhausted: "unavailable",
  deadline_exceeded: "deadline_exceeded",
  connect_failed: "unavailable",
  connect_timeout: "unavailable",
  connection_lost: "unavailable",
  acquire_timeout: "unavailable",
  pool_closed: "unavailable",
  query_timeout: "deadline_exceeded",
  stopping: "unavailable",
  secret_provider_failed: "unavailable",
  "08*": "unavailable",
  "53*": "unavailable",
  "57P*": "unavailable",
  "57014": "deadline_exceeded",
  P1001: "unavailable",
  P1002: "unavailable",
  P1008: "deadline_exceeded",
  P1017: "unavailable",
  P2024: "unavailable",
};

/** Every code of a dependency's failure, and the code that answers the caller; `*` at the end stands for any rest. */
export const DOWNSTREAM: ReadonlyMap<string, Answer> = new Map(Object.entries(ANSWERS));

const exact = new Map([...DOWNSTREAM].filter(([code]) => !code.endsWith("*")));
const prefixes = [...DOWNSTREAM]
  .filter(([code]) => code.endsWith("*"))
  .map(([code, answer]) => ({ start: code.slice(0, -1), answer }));
/** Five capital letters and digits: the form of an SQLSTATE. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Where errors keep the one that led to them: the language, TypeORM, Sequelize, Objection, MikroORM, in this order. */
const WITHIN = ["cause", "driverError", "original", "nativeError", "previous"] as const;
const MAX_DEPTH = 8;
const MAX_ERRORS = 16;

/**
 * What to answer for an error of something that the handler depends on: that it cannot be reached, or gave no answer in
 * time. `undefined` for any other error.
 *
 * Shape:  told by the code of the error, or of one that it wraps, at most 8 deep, or of all that an `AggregateError` holds. A dependency's other codes are the app's
 *         fault, so that its `invalid_argument` never becomes the caller's.
 * Errors: those of reading a hostile value.
 */
export function downstreamAnswer(thrown: unknown): Answer | undefined {
  return thrown instanceof Error ? answerWithin(thrown, 0) : undefined;
}

function answerWithin(value: unknown, depth: number): Answer | undefined {
  if (depth >= MAX_DEPTH || typeof value !== "object" || value === null) return undefined;
  const error = value as Readonly<Record<string, unknown>>;
  const answer = answerOf(error["code"]) ?? answerOf(error["originalCode"]);
  if (answer !== undefined) return answer;
  const inner = WITHIN.map((name) => error[name]).find((one) => typeof one === "object" && one !== null);
  return answerWithin(inner, depth + 1) ?? (depth === 0 ? answerOfAll(error["errors"]) : undefined);
}

/** The answer for an `AggregateError`, as of `Promise.any`: each of its errors must be a dependency's. */
function answerOfAll(errors: unknown): Answer | undefined {
  if (!Array.isArray(errors) || errors.length > MAX_ERRORS) return undefined;
  const answers = errors.map((error) => answerWithin(error, 1));
  return answers.includes(undefined) ? undefined : answers[0];
}

function answerOf(code: unknown): Answer | undefined {
  if (typeof code !== "string") return undefined;
  const answer = exact.get(code);
  if (answer !== undefined || !SQLSTATE.test(code)) return answer;
  return prefixes.find(({ start }) => code.startsWith(start))?.answer;
}
