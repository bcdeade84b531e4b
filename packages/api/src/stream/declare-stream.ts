import { callSite, register } from "@twinloop/core-native/internal";
import type { Context } from "../context.ts";
import type { Streamed } from "../exposed.ts";
import { httpComponent } from "../http.ts";
import { declare, type Endpoint, type Handler } from "../registry.ts";
import type { StreamOptions } from "./stream-options.ts";
import type {
  StreamIn,
  StreamInHandlerFn,
  StreamInOut,
  StreamInOutHandlerFn,
  StreamOut,
  StreamOutHandlerFn,
} from "./streams.ts";

type AnyFunction = (...given: never[]) => unknown;

/**
 * Adds a WebSocket to the endpoints of this isolate. `caller` is the public function, by which the place of the declaration
 * is found.
 */
function declareStream(
  kind: "streamIn" | "streamOut" | "streamInOut",
  options: StreamOptions,
  handler: AnyFunction,
  caller: AnyFunction,
): void {
  register(httpComponent);
  const whole = { method: "GET", ...options } as const;
  const endpoint: Endpoint = {
    kind,
    options: whole,
    handler: handler as Handler,
    site: callSite(caller),
    name: undefined,
    path: options?.path,
  };
  declare(endpoint);
}

/**
 * Declares a WebSocket on which both sides send. Messages are checked in Rust by the types of the call: a wrong one never
 * reaches the handler, and a message that the handler sends is stripped to its type.
 *
 * Shape:  options and a handler `(stream, ctx)`, or `(handshake, stream, ctx)` with a type for the fields of the handshake
 *         (path, query, headers, cookies), which are checked before the connection is upgraded. The stream closes with 1000
 *         when the handler returns. `ctx.signal` aborts when the stream ends or the app stops.
 * Units:  messages of at most `maxMessage` (1 MiB), pings every `ping` (30 s), no limit of its life or its silence unless
 *         `idleTimeout` is given. A stream does not count as a request in flight.
 * Errors: what the handler throws before it first uses the stream, within 250 ms, is the HTTP answer in place of the upgrade;
 *         later the stream closes with 1011 and the error's code and message as the reason.
 * Source: RFC 6455, RFC 7692.
 * Example:
 * ```ts
 * export const chat = api.streamInOut<{ room: string }, Say, Heard>({ expose: true, path: "/chat/:room" }, async ({ room }, stream) => {
 *   for await (const { text } of stream) await stream.send({ room, text });
 * });
 * ```
 */
export function streamInOut<HandshakeData, Request, Response>(
  options: StreamOptions,
  handler: (data: HandshakeData, stream: StreamInOut<Request, Response>, context: Context) => Promise<void>,
): StreamInOutHandlerFn<HandshakeData, Request, Response> & Streamed<HandshakeData, Request, Response>;
export function streamInOut<Request, Response>(
  options: StreamOptions,
  handler: (stream: StreamInOut<Request, Response>, context: Context) => Promise<void>,
): StreamInOutHandlerFn<void, Request, Response> & Streamed<void, Request, Response>;
export function streamInOut(options: StreamOptions, handler: AnyFunction): AnyFunction {
  declareStream("streamInOut", options, handler, streamInOut);
  return handler;
}

/**
 * Declares a WebSocket on which only the client sends. What the handler returns is sent to the client as the one message that it gets,
 * and then the stream closes.
 *
 * Shape, units, errors: those of `api.streamInOut`.
 * Example:
 * ```ts
 * export const upload = api.streamIn<{ row: string }, { rows: number }>({ expose: true, path: "/rows" }, async (stream) => {
 *   let rows = 0;
 *   for await (const { row } of stream) if (row !== "") rows++; else break;
 *   return { rows };
 * });
 * ```
 */
export function streamIn<Request>(
  options: StreamOptions,
  handler: (stream: StreamIn<Request>, context: Context) => Promise<void>,
): StreamInHandlerFn<void, Request, void> & Streamed<void, Request, never>;
export function streamIn<Request, Response>(
  options: StreamOptions,
  handler: (stream: StreamIn<Request>, context: Context) => Promise<Response>,
): StreamInHandlerFn<void, Request, Response> & Streamed<void, Request, Response>;
export function streamIn<HandshakeData, Request, Response>(
  options: StreamOptions,
  handler: (data: HandshakeData, stream: StreamIn<Request>, context: Context) => Promise<Response>,
): StreamInHandlerFn<HandshakeData, Request, Response> & Streamed<HandshakeData, Request, Response>;
export function streamIn(options: StreamOptions, handler: AnyFunction): AnyFunction {
  declareStream("streamIn", options, handler, streamIn);
  return handler;
}

/**
 * Declares a WebSocket on which only the app sends. A client that sends a message is closed with 1003.
 *
 * Shape, units, errors: those of `api.streamInOut`.
 * Example:
 * ```ts
 * export const ticks = api.streamOut<{ at: Date }>({ expose: true, path: "/ticks" }, async (stream, { signal }) => {
 *   for await (const _ of setInterval(1000, null, { signal })) await stream.send({ at: new Date() });
 * });
 * ```
 */
export function streamOut<HandshakeData, Response>(
  options: StreamOptions,
  handler: (data: HandshakeData, stream: StreamOut<Response>, context: Context) => Promise<void>,
): StreamOutHandlerFn<HandshakeData, Response> & Streamed<HandshakeData, never, Response>;
export function streamOut<Response>(
  options: StreamOptions,
  handler: (stream: StreamOut<Response>, context: Context) => Promise<void>,
): StreamOutHandlerFn<void, Response> & Streamed<void, never, Response>;
export function streamOut(options: StreamOptions, handler: AnyFunction): AnyFunction {
  declareStream("streamOut", options, handler, streamOut);
  return handler;
}
