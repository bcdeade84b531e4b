import type { EndpointModel, SchemaObject, JsonSchemas } from "@twinloop/core-native/build-time";

/** The direction of messages as documents name it, seen from the app: `in` are those that clients send. */
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
export function eventResponse({ outgoing }: EndpointModel, schemas: JsonSchemas): SchemaObject {
  return {
    description:
      "Server-sent events, until the client leaves or the app stops. `x-twinloop-event` is the schema of one event.",
    content: {
      "text/event-stream": outgoing === undefined ? {} : { "x-twinloop-event": schemas.of(outgoing) },
    },
  };
}

/** The messages of a WebSocket, which OpenAPI does not describe. */
export function streamMessages(endpoint: EndpointModel, schemas: JsonSchemas): SchemaObject {
  const { kind, incoming, outgoing, response, options } = endpoint;
  const isRaw = options?.["format"] === "raw";
  const message = (type: number, of: JsonSchemas): SchemaObject => (isRaw ? {} : of.of(type));
  return {
    protocol: "websocket",
    direction: DIRECTIONS[kind],
    format: isRaw ? "raw" : "json",
    ...(incoming === undefined ? {} : { incoming: message(incoming, schemas.input) }),
    ...(outgoing === undefined ? {} : { outgoing: message(outgoing, schemas) }),
    ...(response?.body == null ? {} : { response: schemas.of(response.body) }),
  };
}

/** The paragraph about the WebSockets of an app, which OpenAPI has no operations for; empty where it has none. */
export function streamsNote(endpoints: readonly EndpointModel[]): string {
  const lines = endpoints.filter(isWebSocket).map(({ path, doc }) => {
    const told = doc === undefined ? "" : `: ${doc.replace(/\s+/g, " ")}`;
    return `- \`${path}\`${told}`;
  });
  if (lines.length === 0) return "";
  return `## WebSockets\n\nOpenAPI describes no WebSockets. The paths of these have the schemas of their messages as \`x-twinloop-stream\`.\n\n${lines.sort().join("\n")}`;
}
