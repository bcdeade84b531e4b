/**
 * The errors of request bodies that end early, as handlers of raw endpoints meet them: on the request's stream, in the form
 * in which Node, body-parser and frameworks know such errors.
 *
 * A body over `bodyLimit` is `ERR_BODY_TOO_LARGE` (413), one that is too slow `ERR_BODY_TIMEOUT` (408), one that breaks off
 * `ECONNRESET` (400). What the handler does not answer is answered with that status.
 */
import { ErrCode } from "@twinloop/core-native";
import type { WireError } from "@twinloop/core-native/internal";

/** Why a body ended early, in the words of the runtime: over its limit, too late, or cut off. */
export type BodyEnd = "large" | "slow" | "";

/** One way in which a body ends early. */
interface Ending {
  readonly message: string;
  /** The code of the error, as Node names those of its own. */
  readonly code: string;
  /** The answer where nobody catches the error: the one of typed endpoints. */
  readonly wire: WireError;
  /** The type by which body-parser and those who know it tell the error. */
  readonly type?: string;
}

const wire = (status: number, code: ErrCode, message: string): WireError => ({
  status,
  code,
  message,
  details: null,
});

const TOO_LARGE = "the body is larger than this endpoint accepts";
const TOO_LATE = "the body did not arrive in time";

/** The endings by what Rust tells of them. */
const ENDINGS: Readonly<Record<BodyEnd, Ending>> = {
  large: {
    message: TOO_LARGE,
    code: "ERR_BODY_TOO_LARGE",
    wire: wire(413, ErrCode.OutOfRange, TOO_LARGE),
    type: "entity.too.large",
  },
  slow: { message: TOO_LATE, code: "ERR_BODY_TIMEOUT", wire: wire(408, ErrCode.DeadlineExceeded, TOO_LATE) },
  // In Node's words, by which its users tell a client that has left.
  "": {
    message: "aborted",
    code: "ECONNRESET",
    wire: wire(400, ErrCode.InvalidArgument, "the body ended early or was badly framed"),
  },
};

/** How many causes of an error are looked through: chains may be circular. */
const MAX_DEPTH = 8;

/**
 * The error of a body that ended early, with the status by which frameworks answer it (`status` and `statusCode`, as
 * `http-errors` has them).
 */
export class BodyError extends Error {
  readonly code: string;
  readonly status: number;
  readonly statusCode: number;
  declare readonly type?: string;
  readonly #wire: WireError;

  constructor(end: BodyEnd) {
    const { message, code, wire, type } = ENDINGS[end];
    super(message);
    this.name = "Error";
    this.code = code;
    this.status = this.statusCode = wire.status;
    this.#wire = wire;
    if (type !== undefined) this.type = type;
  }

  /** The answer to a request whose handler threw such an error, or one that it caused; `undefined` for any other. */
  static wireOf(thrown: unknown): WireError | undefined {
    let error = thrown;
    for (let depth = 0; depth < MAX_DEPTH && error instanceof Error; depth++) {
      if (error instanceof BodyError) return error.#wire;
      error = error.cause;
    }
    return undefined;
  }
}
