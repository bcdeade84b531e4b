import {
  SchemaSet,
  type EncodedRequest,
  type Node,
  type RequestPlace,
  type ResponsePlace,
} from "@twinloop/core-native/internal";
import type { PlannedEndpoint } from "../plan.ts";
import { atTheirPlaces, callPlaces, withGiven, type CallPlaces } from "./call-places.ts";
import { encodeRequest } from "./encode-request.ts";

/** A request of a call: as a client would send it, and as the handler is given it. */
export interface ReceivedRequest {
  /** The texts of path, query, headers and body; without files, typed fields of a form and sealed cookies. */
  readonly encoded: EncodedRequest;
  /** What the handler is given: checked, stripped and coerced; `undefined` for an endpoint without input. */
  readonly input: unknown;
}

/** A request that has nothing. */
export const NOTHING: EncodedRequest = { path: [], query: null, headers: [], body: "" };

/**
 * The schemas of all endpoints of an app, as calls use them: a call is checked by the validator that requests over HTTP pass. Rust
 * compiles the schemas at the first check.
 *
 * Endpoints are named by their index in the plan, and types by their place in the arena.
 */
export class CallSchemas {
  readonly #set: SchemaSet;
  readonly #count: number;
  readonly #places: readonly (CallPlaces | null)[];

  constructor(given: readonly Node[], endpoints: readonly PlannedEndpoint[]) {
    const types = [...given];
    this.#count = endpoints.length;
    this.#places = endpoints.map(({ request }) => (request === null ? null : callPlaces(request, types)));
    // Three rows of places, each with one for every endpoint: requests, typed fields, and fields of answers.
    const rows = [
      this.#places.map((one) => one?.place ?? null),
      this.#places.map((one) => one?.typed ?? null),
      endpoints.map(({ response }) => answerFields(response)),
    ];
    const all = rows.flatMap((row) =>
      row.map((place, at) => ({ place, sensitive: endpoints[at]!.endpoint.options.sensitive ?? false })),
    );
    this.#set = new SchemaSet(types, all);
  }

  /**
   * Checks the request of the endpoint `index`.
   *
   * Shape:  the value that the caller gives -> its texts and the handler's input. Parameters and JSON body are checked first, then
   *         typed values, then given objects; the first check that fails tells its issues.
   * Errors: `invalid_argument` with the issues that a client would be told of.
   */
  request(index: number, request: unknown): ReceivedRequest {
    const checks = this.#places[index];
    if (checks === undefined || checks === null) return { encoded: NOTHING, input: undefined };
    const { place, typed, typedNames, sealedAt, given } = checks;
    if (typed === undefined && given.length === 0) {
      const encoded = encodeRequest(place, request);
      return { encoded, input: this.#set.request(index, encoded) };
    }
    const { fields, rest } = parted(request, typedNames, given);
    const encoded = encodeRequest(place, rest);
    const parameters = this.#set.request(index, encoded) as object;
    try {
      const values =
        typed === undefined ? {} : this.#set.request(index + this.#count, encodeRequest(typed, fields));
      return { encoded, input: withGiven(given, request, { ...parameters, ...(values as object) }) };
    } catch (error) {
      throw atTheirPlaces(error, sealedAt);
    }
  }

  /** Checks a JSON text against a type, and returns its value with dates, bigints and bytes revived. Errors: as for `request`. */
  value(type: number, text: string): unknown {
    return this.#set.value(type, text);
  }

  /**
   * Reads the fields that the endpoint `index` sends as headers, from the answer of another process.
   *
   * Shape:  the answer's headers, names in lower case -> the fields by their names. Errors: as for `request`.
   */
  answerHeaders(index: number, headers: readonly (readonly [string, string])[]): object {
    return this.#set.request(index + 2 * this.#count, { ...NOTHING, headers }) as object;
  }
}

/** The headers of an answer as parameters, so that the validator reads their texts. */
function answerFields(response: ResponsePlace | null): RequestPlace | null {
  const headers = response?.fields.filter(({ in: place }) => place === "header") ?? [];
  if (headers.length === 0) return null;
  const fields = headers.map(({ name, wire, type, optional }) => ({
    ...{ name, in: "header" as const, type, optional },
    wire: wire.toLowerCase(),
  }));
  return { fields, body: null, bodyOptional: true };
}

/** Parts a request into the fields that are checked as typed values, and the parameters with the JSON body. */
function parted(
  request: unknown,
  typedNames: readonly string[],
  given: CallPlaces["given"],
): { readonly fields: object; readonly rest: unknown } {
  if (typeof request !== "object" || request === null) return { fields: {}, rest: request };
  const own = new Set([...typedNames, ...given.map(({ name }) => name)]);
  const entries = Object.entries(request);
  return {
    fields: Object.fromEntries(entries.filter(([name]) => typedNames.includes(name))),
    rest: Object.fromEntries(entries.filter(([name]) => !own.has(name))),
  };
}
