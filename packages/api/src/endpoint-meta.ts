import type { RequestPlace } from "@twinloop/core-native/internal";

/** The facts of an endpoint that its requests know: one object for all of them. */
export interface EndpointMeta {
  /** The endpoint's full name, `<service>.<export>`, or its route where it is not exported. */
  readonly name: string;
  readonly service: string;
  /** The name within the service. */
  readonly endpoint: string;
  /** The route's path, such as `/users/:id`. */
  readonly path: string;
  readonly isRaw: boolean;
  readonly isStream: boolean;
  readonly expose: boolean;
  readonly auth: boolean;
  readonly tags: readonly string[];
  readonly request: RequestPlace | null;
}

/** The endpoint of a context that belongs to none. */
export const UNKNOWN_ENDPOINT: EndpointMeta = Object.freeze({
  ...{ name: "", service: "", endpoint: "", path: "" },
  ...{ isRaw: false, isStream: false, expose: false, auth: false },
  tags: [],
  request: null,
});
