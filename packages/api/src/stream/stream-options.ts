import {
  durationWithin,
  oneOf,
  optionBounds,
  optionRule,
  orNull,
  wholeNumber,
  type Duration,
  type OptionRule,
} from "@twinloop/core-native/internal";
import type { APIOptions } from "../options.ts";

/**
 * The options of a WebSocket stream: how it is reached, and its limits. `timeout` is the time until the handler first uses
 * the stream; from then on a stream has no time limit.
 *
 * Errors: `start()` refuses unknown names and values out of their range. A client that breaks a limit is closed with 1003,
 *         1007, 1008 or 1009.
 * Example: `api.streamInOut<Say, Heard>({ expose: true, path: "/chat", maxMessage: 4096, idleTimeout: "5m" }, …)`.
 */
export interface StreamOptions extends Omit<
  APIOptions,
  "method" | "bodyLimit" | "uploads" | "request" | "response"
> {
  /** The method of the handshake, which a WebSocket does not choose: `"GET"`. */
  readonly method?: "GET";
  /** The largest message in bytes, after decompression. Default 1 MiB. A larger one closes the stream with 1009. */
  readonly maxMessage?: number;
  /**
   * Whether messages are compressed (permessage-deflate) where the client offers it. Default false: what a caller chooses and what it
   * must not know should not be compressed together.
   */
  readonly compress?: boolean;
  /**
   * The time between pings, such as `"30s"`; `null` sends none. Default 30 s. A client that answers no ping until the next one is
   * taken for gone.
   */
  readonly ping?: Duration | null;
  /** The time without a message in either direction after which the stream closes with 1001. Default `null`: no limit. */
  readonly idleTimeout?: Duration | null;
  /**
   * What becomes of a message that does not fit its type; no handler sees it. `"close"`, the default, closes the stream with 1007
   * (no JSON) or 1008 (the wrong type) and the first issue as the reason. `"error"` sends the client the error as a message,
   * `{ code: "invalid_argument", message, details: { issues } }`, and goes on.
   */
  readonly badMessage?: "close" | "error";
  /**
   * `"json"`, the default: each message is one JSON document. `"raw"`: text frames are strings and binary frames are `Uint8Array`s, as
   * they are; the types of messages are then `string`, `Uint8Array` or both.
   */
  readonly format?: "json" | "raw";
}

/** The names of the options that only streams have. */
type StreamOption = "method" | "maxMessage" | "compress" | "ping" | "idleTimeout" | "badMessage" | "format";

const BOUNDS = optionBounds("api.streamInOut", import.meta.url);

/** The rules of the options that only streams have. */
export const streamRules: Readonly<Record<StreamOption, OptionRule>> = {
  method: oneOf("GET"),
  maxMessage: wholeNumber(BOUNDS.whole!["maxMessage"]!),
  compress: optionRule.boolean,
  ping: orNull(durationWithin(BOUNDS.durationMs!["ping"]!)),
  idleTimeout: orNull(durationWithin(BOUNDS.durationMs!["idleTimeout"]!)),
  badMessage: oneOf("close", "error"),
  format: oneOf("json", "raw"),
};
