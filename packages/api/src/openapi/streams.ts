import type { EndpointModel, JsonSchema, JsonSchemas } from "@twinloop/core-native/build-time";

const DIRECTIONS: Readonly<Record<string, string>> = {
  streamIn: "in",
  streamOut: "out",
  streamInOut: "inOut",
};

/** Whether an endpoint is a WebSocket. */
export function isWebSocket({ kind }: Pick<EndpointModel, "kind">): boolean {
  return Object.hasOwn(DIRECTIONS, kind);
}

/** The answer of an event stream, with the type of its events, for which OpenAPI 3.1 has no place, as an extension. */
export function eventResponse({ outgoing }: EndpointModel, schemas: JsonSchemas): JsonSchema {
  return {
    description:
      "Server-sent events, until the client leaves or the app stops. `x-twinloop-event` is the schema of one event.",
    content: {
      "text/event-stream": {
        schema: { type: "string" },
        ...(outgoing === undefined ? {} : { "x-twinloop-event": schemas.of(outgoing) }),
      },
    },
  };
}

/** The messages of a WebSocket, which OpenAPI does not describe. */
export function streamExtension(endpoint: EndpointModel, schemas: JsonSchemas): JsonSchema {
  const { kind, incoming, outgoing, response, options } = endpoint;
  const isRaw = options?.["format"] === "raw";
  const message = (type: number | undefined): JsonSchema =>
    type === undefined || isRaw ? {} : schemas.of(type);
  return {
    protocol: "websocket",
    direction: DIRECTIONS[kind],
    format: isRaw ? "raw" : "json",
    ...(incoming === undefined ? {} : { incoming: message(incoming) }),
    ...(outgoing === undefined ? {} : { outgoing: message(outgoing) }),
    ...(response?.body == null ? {} : { response: schemas.of(response.body) }),
  };
}

/** The sentence that says what OpenAPI does not. */
export const STREAM_NOTE =
  "A WebSocket: connect by `ws:` or `wss:`. OpenAPI does not describe its messages; `x-twinloop-stream` has their schemas.";
