/** One limit of the HTTP server: its name in Rust, its range and its variable. Options, variables and `check --env` go by it. */
export interface LimitRow {
  /** The field of the Rust half. */
  readonly field: string;
  /** Whether the value is a whole number or a `Duration`. */
  readonly kind: "count" | "duration";
  /** The least and the greatest value; milliseconds of a duration. */
  readonly least: number;
  readonly most: number;
  /** The default as text, for lists of variables: the Rust half applies its own, which is the same. */
  readonly default: string;
  /** The environment variable that comes before the option. */
  readonly variable: string;
  /** The limit in a few words without a verb, for lists of variables. */
  readonly meaning: string;
}

/** The name of a limit, as `start({ limits })` takes it. */
export type LimitName =
  | "headerBytes"
  | "headers"
  | "headerTimeout"
  | "bodyTimeout"
  | "bodyGrace"
  | "bodyBytesPerSecond"
  | "idleTimeout"
  | "writeTimeout"
  | "halfCloseGrace"
  | "drainQuiet"
  | "connections"
  | "backlog"
  | "ignoredBodyBytes"
  | "chunkExtensionBytes"
  | "trailerBytes";

const HOUR_MS = 3_600_000;
const MIB = 1 << 20;

/** A limit that is a whole number, from `least` to `most`. */
function count(
  field: string,
  [least, most]: readonly [number, number],
  standard: number,
  [variable, meaning]: readonly [string, string],
): LimitRow {
  return { field, kind: "count", least, most, default: String(standard), variable, meaning };
}

/** A limit that is a duration, from `least` milliseconds to an hour. */
function duration(
  field: string,
  least: number,
  standard: string,
  [variable, meaning]: readonly [string, string],
): LimitRow {
  return { field, kind: "duration", least, most: HOUR_MS, default: standard, variable, meaning };
}

/** The limits by the name of their option. Their defaults are those of `Limits` in the Rust half. */
export const LIMITS: Readonly<Record<LimitName, LimitRow>> = {
  headerBytes: count("maxHeadBytes", [256, 64_000], 16_384, [
    "TWINLOOP_HEADER_BYTES",
    "bytes of a request's line and headers",
  ]),
  headers: count("maxHeaders", [1, 1_000], 100, ["TWINLOOP_HEADERS", "header lines of a request"]),
  headerTimeout: duration("headerTimeoutMs", 10, "10s", [
    "TWINLOOP_HEADER_TIMEOUT",
    "time for a request's headers",
  ]),
  bodyTimeout: duration("bodyTimeoutMs", 10, "30s", ["TWINLOOP_BODY_TIMEOUT", "time for a request's body"]),
  bodyGrace: duration("bodyGraceMs", 0, "5s", [
    "TWINLOOP_BODY_GRACE",
    "time for which a body may come slower than its least rate",
  ]),
  bodyBytesPerSecond: count("minBodyBytesPerSecond", [0, 1_000 * MIB], 256, [
    "TWINLOOP_BODY_BYTES_PER_SECOND",
    "least rate of a body",
  ]),
  idleTimeout: duration("idleTimeoutMs", 10, "75s", [
    "TWINLOOP_IDLE_TIMEOUT",
    "time for which a connection may wait for its next request",
  ]),
  writeTimeout: duration("writeTimeoutMs", 10, "30s", [
    "TWINLOOP_WRITE_TIMEOUT",
    "time in which a client must read some of an answer",
  ]),
  halfCloseGrace: duration("halfCloseGraceMs", 0, "1s", [
    "TWINLOOP_HALF_CLOSE_GRACE",
    "time for which a request goes on after its client has stopped sending",
  ]),
  drainQuiet: duration("drainQuietMs", 0, "500ms", [
    "TWINLOOP_DRAIN_QUIET",
    "silence after which a stopping server closes a connection",
  ]),
  connections: count("maxConnections", [1, 1_000_000], 10_000, ["TWINLOOP_CONNECTIONS", "open connections"]),
  backlog: count("backlog", [1, 65_535], 1_024, [
    "TWINLOOP_BACKLOG",
    "connections that the operating system queues",
  ]),
  ignoredBodyBytes: count("maxIgnoredBodyBytes", [0, 1_024 * MIB], 65_536, [
    "TWINLOOP_IGNORED_BODY_BYTES",
    "bytes that are read of a body that no handler takes",
  ]),
  chunkExtensionBytes: count("maxChunkExtensionBytes", [0, MIB], 1_024, [
    "TWINLOOP_CHUNK_EXTENSION_BYTES",
    "bytes of chunk extensions in a body",
  ]),
  trailerBytes: count("maxTrailerBytes", [0, MIB], 8_192, [
    "TWINLOOP_TRAILER_BYTES",
    "bytes of trailers after a body",
  ]),
};
