import type { APIOptions } from "../options.ts";
import type { RawRequest } from "./raw-request.ts";
import type { RawResponse } from "./raw-response.ts";

/** The options of a raw endpoint: those of any endpoint but for the schemas. */
export type RawOptions = Omit<APIOptions, "request" | "response">;

/** A handler in the style of Node and Express. */
export type RawHandler = (request: RawRequest, response: RawResponse) => unknown;
