import { APIError } from "./api-error.ts";
import type { CallOptions, ClientSettings } from "./client-options.ts";
import { Connection, type Socket } from "./connection.ts";
import { writeRequest } from "./request.ts";
import { signalOf } from "./send.ts";

/** The options of a WebSocket's handshake. */
export interface ConnectOptions extends Pick<CallOptions, "signal" | "headers" | "timeout"> {
  /** `"raw"` for a stream of `format: "raw"`: messages are `string` and `Uint8Array`. Default `"json"`. */
  readonly format?: "json" | "raw" | undefined;
  /** The class in the place of the global `WebSocket`, which Node has from 22: that of `ws`. */
  readonly WebSocket?: (new (url: string, protocols: string[]) => object) | undefined;
}

type SocketClass = new (url: string, protocols: string[]) => object;

/** Opens the WebSocket of a route. `revived` puts dates, bigints and bytes of messages in their places. */
export async function openConnection(
  settings: ClientSettings,
  route: string,
  input: unknown,
  { signal, headers, timeout, format, WebSocket: given }: ConnectOptions = {},
  revived: (message: unknown) => unknown = (message) => message,
): Promise<Connection> {
  const [url, init] = await writeRequest(settings, route, input, { headers });
  const Socket = given ?? (globalThis as { WebSocket?: SocketClass }).WebSocket;
  if (!Socket)
    throw new APIError(
      "invalid_argument",
      "there is no global WebSocket: give one, such as that of the package ws",
    );
  const packed = JSON.stringify(Object.fromEntries([...init.headers]));
  const protocols = ["encore-ws", ...(packed === "{}" ? [] : [`encore.dev.headers.${base64url(packed)}`])];
  const absolute = new URL(url, (globalThis as { location?: { href: string } }).location?.href).href;
  const socket = new Socket(absolute.replace(/^http/, "ws"), protocols) as Socket;
  // Before the socket is open, so that no message is missed.
  const connection = new Connection(socket, route, format === "raw", revived);
  await opened(socket, route, signalOf([settings.signal, signal], timeout));
  return connection;
}

function base64url(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return btoa(bytes.join("")).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
}

function opened(socket: Socket, route: string, signal: AbortSignal): Promise<void> {
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
    socket.addEventListener("open", () => {
      signal.removeEventListener("abort", aborted);
      resolve();
    });
    // A browser does not say why.
    socket.addEventListener("error", ({ error }) =>
      fail(new APIError("network_error", `${route}: the connection was not opened`, { cause: error })),
    );
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted, { once: true });
  });
}
