import type { HeaderValues } from "./client-options.ts";
import type { Client } from "./client-types.ts";
import type { Connection } from "./connection.ts";
import { openConnection, type ConnectOptions } from "./open-connection.ts";

/** What a stream's type says of itself to its clients; `@twinloop/api` writes it. */
export interface StreamType {
  /** The fields of the handshake that are in the path or the query. */
  readonly input: unknown;
  /** The fields of the handshake that are headers. */
  readonly headers: unknown;
  /** What the client sends, as the handler takes it. */
  readonly sends: unknown;
  /** What the client receives, as the handler sends it; `OnTheWire` turns it into what JSON holds. */
  readonly receives: unknown;
}

/** The stream's type; that of any stream where the type says nothing. */
type StreamOf<E> = E extends { readonly "~stream"?: infer T } ? NonNullable<T> : StreamType;

/** The connection of a stream. */
export type ConnectionOf<T> = T extends { readonly sends: infer Sends; readonly receives: infer Receives }
  ? Connection<Sends, OnTheWire<Receives>>
  : never;

/** The arguments after the route of a stream. */
export type ConnectGiven<T> = T extends { readonly input: infer Input; readonly headers: infer Fields }
  ? [keyof Fields] extends [never]
    ? [Input] extends [void]
      ? [input?: undefined, options?: ConnectOptions]
      : [input: Input, options?: ConnectOptions]
    : [
        input: [Input] extends [void] ? undefined : Input,
        options: ConnectOptions & { readonly headers: Fields & HeaderValues },
      ]
  : never;

/**
 * Opens the WebSocket of an `api.streamIn`, `streamOut` or `streamInOut`, whose type is named beside the route.
 *
 * Shape:  the client, the route and the handshake's fields -> the connection, open. Headers travel as a subprotocol, because
 *         pages can set none. Dates, bigints and bytes are sent as what they are, and received as texts: a generated client
 *         receives them as what they are.
 * Errors: `network_error` where it cannot be opened, `deadline_exceeded` (after 60 s by default), `canceled`.
 * Example:
 * ```ts
 * const chat = await connect<typeof import("./app.ts").chat>(client, "GET /chat/:room", { room: "a" });
 * chat.send({ text: "hello" });
 * for await (const { text } of chat) show(text);
 * ```
 */
export function connect<E>(
  client: Pick<Client, "~settings">,
  route: `GET /${string}`,
  ...given: ConnectGiven<StreamOf<E>>
): Promise<ConnectionOf<StreamOf<E>>> {
  const [input, options] = given as [unknown, ConnectOptions?];
  return openConnection(client["~settings"], route, input, options) as Promise<ConnectionOf<StreamOf<E>>>;
}

/** The values of a message as JSON carries them. */
export type OnTheWire<T> = T extends Date | bigint | Uint8Array
  ? T extends Uint8Array
    ? string | T
    : string
  : T extends object
    ? { [K in keyof T]: OnTheWire<T[K]> }
    : T;
