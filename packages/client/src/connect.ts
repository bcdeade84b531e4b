import { APIError } from "./api-error.ts";
import type { CallOptions, HeaderValues } from "./client-options.ts";
import type { Client } from "./client-types.ts";
import { Connection } from "./connection.ts";
import { writeRequest } from "./request.ts";

/** The options of a WebSocket's handshake. */
export interface ConnectOptions extends Pick<CallOptions, "signal" | "headers" | "timeout"> {
  /** `"raw"` for a stream of `format: "raw"`: messages are `string` and `Uint8Array`. Default `"json"`. */
  readonly format?: "json" | "raw" | undefined;
  /** The class in the place of the global `WebSocket`, which Node has from 22: that of `ws`. */
  readonly WebSocket?: (new (url: string, protocols: string[]) => object) | undefined;
}

/** What a stream's type says of itself to its clients; `@twinloop/api` writes it. */
export interface StreamType {
  readonly input: unknown;
  readonly headers: unknown;
  readonly sends: unknown;
  readonly receives: unknown;
}

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
 * const chat = await connect<typeof import("../server/app.ts").chat>(client, "GET /chat/:room", { room: "a" });
 * chat.send({ text: "hello" });
 * for await (const { text } of chat) show(text);
 * ```
 */
export async function connect<E>(
  client: Pick<Client, "~settings">,
  route: `GET /${string}`,
  ...given: ConnectGiven<StreamOf<E>>
): Promise<ConnectionOf<StreamOf<E>>> {
  const [input, { signal, headers, timeout = 60_000, format = "json", WebSocket: Given } = {}] = given as [
    unknown,
    ConnectOptions?,
  ];
  const settings = client["~settings"];
  const { url, init } = await writeRequest(settings, route, input, { headers });
  const Socket =
    Given ?? (globalThis as { WebSocket?: new (url: string, protocols: string[]) => object }).WebSocket;
  if (!Socket)
    throw new APIError(
      "invalid_argument",
      "there is no global WebSocket: give one, such as that of the package ws",
    );
  init.headers.delete("accept");
  const packed = JSON.stringify(Object.fromEntries(init.headers));
  const protocols = ["encore-ws", ...(packed === "{}" ? [] : [`encore.dev.headers.${base64url(packed)}`])];
  const socket = new Socket(url.replace(/^http/, "ws"), protocols) as WebSocket;
  const signals = [settings.signal, signal, timeout > 0 ? AbortSignal.timeout(timeout) : undefined];
  await opened(socket, route, AbortSignal.any(signals.filter((one) => one !== undefined)));
  return new Connection(socket, route, format === "raw") as ConnectionOf<StreamOf<E>>;
}

/** The values of a message as JSON carries them. */
export type OnTheWire<T> = T extends Date | bigint | Uint8Array
  ? T extends Uint8Array
    ? string | T
    : string
  : T extends object
    ? { [K in keyof T]: OnTheWire<T[K]> }
    : T;

function base64url(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return btoa(bytes.join("")).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
}

function opened(socket: WebSocket, route: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: APIError): void => {
      signal.removeEventListener("abort", aborted);
      reject(error);
      socket.close();
    };
    const aborted = (): void => {
      const isLate = (signal.reason as Error | undefined)?.name === "TimeoutError";
      const [code, why] = isLate
        ? ["deadline_exceeded", "was not opened in time"]
        : ["canceled", "was given up"];
      fail(new APIError(code!, `${route}: the connection ${why}`, { cause: signal.reason }));
    };
    socket.onopen = () => (signal.removeEventListener("abort", aborted), resolve());
    // A browser does not say why.
    socket.onerror = (event) =>
      fail(
        new APIError("network_error", `${route}: the connection was not opened`, {
          cause: (event as { error?: unknown }).error ?? (event as { message?: unknown }).message,
        }),
      );
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted, { once: true });
  });
}
