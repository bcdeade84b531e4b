import type { RequestPlace } from "@twinloop/core-native/internal";

/**
 * The facts of an endpoint that its requests know: one object for all of them, made when the app starts. Contexts, middleware
 * targets and log lines read them.
 */
export interface EndpointMeta {
  /** The endpoint's full name, `<service>.<export>`, or its route where it is not exported. */
  readonly name: string;
  readonly service: string;
  /** The name within the service. */
  readonly endpoint: string;
  /** The route's path, such as `/users/:id`. */
  readonly path: string;
  /** Whether the endpoint was declared by `api.raw`. */
  readonly isRaw: boolean;
  /** Whether the endpoint was declared by `api.sse`, `api.streamIn`, `api.streamOut` or `api.streamInOut`. */
  readonly isStream: boolean;
  readonly expose: boolean;
  /** Whether the endpoint needs a known caller. */
  readonly auth: boolean;
  readonly tags: readonly string[];
  /** Where the fields of the request come from; `null` where no types are known, as of a raw endpoint. */
  readonly request: RequestPlace | null;
}

/** The endpoint of a context that belongs to none. */
export const UNKNOWN_ENDPOINT: EndpointMeta = Object.freeze({
  ...{ name: "", service: "", endpoint: "", path: "" },
  ...{ isRaw: false, isStream: false, expose: false, auth: false },
  tags: [],
  request: null,
});
