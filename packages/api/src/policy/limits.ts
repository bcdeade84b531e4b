import {
  formatDuration,
  optionsOf,
  optionRule,
  parseDuration,
  problem,
  SystemCode,
  wholeNumber,
  type OptionRule,
  type Problem,
} from "@twinloop/core-native/internal";
import type { Duration } from "@twinloop/core-native";
import { LIMITS, type LimitName, type LimitRow } from "./limit-table.ts";

/**
 * The limits of the HTTP server, beside the memory of bodies. A variable overrides each: its name stands at the end of the limit's
 * description. Times are from 10 ms, or from 0 for `bodyGrace`, `halfCloseGrace` and `drainQuiet`, to an hour.
 *
 * Errors: a value out of its range keeps the app from starting: `config_invalid`.
 * Example: `await start({ limits: { headerTimeout: "5s", connections: 2_000 } })`
 */
export interface ServerLimits {
  /** Most bytes of request line and headers, 256 to 64 000; 431 beyond. Default 16 384. `TWINLOOP_HEADER_BYTES`. */
  readonly headerBytes?: number;
  /** Most header lines of a request, 1 to 1 000; 431 beyond. Default 100. `TWINLOOP_HEADERS`. */
  readonly headers?: number;
  /**
   * Time for a whole head, from its first byte or the opening of the connection; 408 beyond. Default 10 s.
   * `TWINLOOP_HEADER_TIMEOUT`.
   */
  readonly headerTimeout?: Duration;
  /** Time for a whole body; 408 beyond. Default 30 s. `TWINLOOP_BODY_TIMEOUT`. */
  readonly bodyTimeout?: Duration;
  /** Time for which a body may be slower than `bodyBytesPerSecond`. Default 5 s. `TWINLOOP_BODY_GRACE`. */
  readonly bodyGrace?: Duration;
  /**
   * Least rate of a body, averaged from its beginning, or over 8 KiB of a raw one while its handler waits; 408 below. Default 256.
   * `TWINLOOP_BODY_BYTES_PER_SECOND`.
   */
  readonly bodyBytesPerSecond?: number;
  /**
   * Time between an answer and the next request; closed silently beyond. Behind a balancer it must be longer than the balancer's
   * own, which would otherwise send a request into a connection that is being closed. Default 75 s. `TWINLOOP_IDLE_TIMEOUT`.
   */
  readonly idleTimeout?: Duration;
  /** Time in which a client must read some of an answer; closed beyond. Default 30 s. `TWINLOOP_WRITE_TIMEOUT`. */
  readonly writeTimeout?: Duration;
  /**
   * Time for which a request goes on after its client has stopped sending: one that still waits for the answer looks the same as
   * one that has left. Default 1 s. `TWINLOOP_HALF_CLOSE_GRACE`.
   */
  readonly halfCloseGrace?: Duration;
  /**
   * Silence after which a stopping server closes a connection; until then a request may be on its way. Default 500 ms.
   * `TWINLOOP_DRAIN_QUIET`.
   */
  readonly drainQuiet?: Duration;
  /** Most open connections, 1 to 1 000 000; more wait to be accepted. Default 10 000. `TWINLOOP_CONNECTIONS`. */
  readonly connections?: number;
  /** Most connections that the operating system queues before they are accepted, 1 to 65 535. Default 1 024. `TWINLOOP_BACKLOG`. */
  readonly backlog?: number;
  /**
   * Most bytes that are read of a body that no handler takes, up to 1 GiB; the connection closes beyond. Default 65 536.
   * `TWINLOOP_IGNORED_BODY_BYTES`.
   */
  readonly ignoredBodyBytes?: number;
  /**
   * Most bytes of chunk extensions in one body (RFC 9112, 7.1.1), up to 1 MiB; 400 beyond. Default 1 024.
   * `TWINLOOP_CHUNK_EXTENSION_BYTES`.
   */
  readonly chunkExtensionBytes?: number;
  /** Most bytes of trailers after one body (RFC 9112, 7.1.2), up to 1 MiB; 400 beyond. Default 8 192. `TWINLOOP_TRAILER_BYTES`. */
  readonly trailerBytes?: number;
}

/** The limits with their names, in the order of the table. */
const rows = Object.entries(LIMITS) as readonly (readonly [LimitName, LimitRow])[];

/** The rule of `start({ limits })`; the memory of bodies has its range where the environment is read. */
export const limitRules: OptionRule = optionsOf({
  bufferedBodyBytes: optionRule.any,
  ...(Object.fromEntries(rows.map(([name, row]) => [name, ruleOf(row)])) as Record<LimitName, OptionRule>),
} satisfies Record<keyof ServerLimits | "bufferedBodyBytes", OptionRule>);

function ruleOf({ kind, least, most }: LimitRow): OptionRule {
  if (kind === "count") return wholeNumber({ least, most });
  const fits = (value: unknown): boolean => isWithin(parseDuration(value), { least, most });
  return { expected: `a duration from ${formatDuration(least)} to ${formatDuration(most)}`, fits };
}

function isWithin(value: number | undefined, { least, most }: Pick<LimitRow, "least" | "most">): boolean {
  return value !== undefined && value >= least && value <= most;
}

/**
 * The limits in the form of the Rust half, with the variables that cannot be read. What is not named is not there: the Rust half
 * has the defaults.
 *
 * Shape:  the option, which the rules have checked, and the environment -> `{ maxHeadBytes: 8192, idleTimeoutMs: 75000 }`. A
 *         variable that is set and not empty comes before the option; a duration without a unit is in milliseconds.
 */
export function limitConfig(
  given: ServerLimits = {},
  environment: NodeJS.ProcessEnv = process.env,
): { readonly config: Readonly<Record<string, number>>; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const config: Record<string, number> = {};
  for (const [name, row] of rows) {
    const text = environment[row.variable];
    const value = text ? valueOf(text, row) : valueOf(given[name], row);
    if (value !== undefined) config[row.field] = value;
    else if (text) problems.push(unreadable(row, text));
  }
  return { config, problems };
}

/** The value of a limit, from an option or a variable's text; `undefined` for what is none, and for one out of range. */
function valueOf(value: unknown, row: LimitRow): number | undefined {
  const isDigits = typeof value === "string" && /^\d{1,15}$/.test(value);
  const plain = isDigits ? Number(value) : value;
  const read =
    row.kind === "duration" ? parseDuration(plain) : Number.isInteger(plain) ? (plain as number) : undefined;
  return isWithin(read, row) ? read : undefined;
}

function unreadable(row: LimitRow, text: string): Problem {
  const { expected } = ruleOf(row);
  const message = `${row.variable} is ${JSON.stringify(text.slice(0, 60))}, which is not ${expected}`;
  return problem(SystemCode.ConfigInvalid, message, `Set ${row.variable} to ${expected}, or unset it.`);
}
