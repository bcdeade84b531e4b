import type { IncomingMessage, ServerResponse } from "node:http";

/** The parts of an operation that only some kinds have. */
export interface MiddlewareParts {
  // oxlint-disable-next-line typescript/no-explicit-any -- the endpoint's own type is known to the middleware only
  readonly stream?: any;
  readonly rawRequest?: IncomingMessage | undefined;
  readonly rawResponse?: ServerResponse | undefined;
}
