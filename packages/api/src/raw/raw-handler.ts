import type { APIOptions } from "../options.ts";
import type { RawRequest } from "./raw-request.ts";
import type { RawResponse } from "./raw-response.ts";

/** The options of a raw endpoint: those of any endpoint but for the schemas. `bodyLimit` and `timeout` hold as for `api`. */
export type RawOptions = Omit<APIOptions, "request" | "response">;

/**
 * A handler in the style of Node and Express: writes its answer to `response`; what it returns is awaited, and a rejection is
 * answered as an error.
 */
export type RawHandler = (request: RawRequest, response: RawResponse) => unknown;
