import {
  parseDuration,
  type EndpointModel,
  type Node,
  type RequestPlace,
} from "@twinloop/core-native/internal";
import type { StreamOptions } from "./stream-options.ts";

/** The messages of a stream: their types, and the form in which they are sent. */
export interface StreamPlan {
  /** The type of the messages that the client sends; `undefined` where it sends none. */
  readonly incoming: number | undefined;
  /** The type of the messages that the app sends; `undefined` where it sends none. */
  readonly outgoing: number | undefined;
  /** The type of the one message that the client of `api.streamIn` is sent; `undefined` for none. */
  readonly response: number | undefined;
  /** Whether messages are texts and bytes as they are: `format: "raw"`. */
  readonly isRaw: boolean;
}

/** The kinds of endpoints that are streams. */
export type StreamKind = "streamIn" | "streamOut" | "streamInOut";

/** Tells whether a kind of endpoint is a stream. */
export function isStreamKind(kind: string): kind is StreamKind {
  return kind === "streamIn" || kind === "streamOut" || kind === "streamInOut";
}

/**
 * Plans the messages of a stream.
 *
 * Errors: throws an `Error` that says what is missing: a type of messages, or in the raw format one that is neither text nor bytes.
 */
export function planStream(
  kind: StreamKind,
  { format }: StreamOptions,
  model: EndpointModel,
  types: readonly Node[],
): StreamPlan {
  const { incoming, outgoing } = model;
  const isRaw = format === "raw";
  if (kind !== "streamOut" && incoming === undefined)
    throw new Error(`its messages have no type: ${FORM[kind]}`);
  if (kind !== "streamIn" && outgoing === undefined)
    throw new Error(`its messages have no type: ${FORM[kind]}`);
  if ((model.response?.fields.length ?? 0) > 0)
    throw new Error("its response has headers, a status or cookies, which a message cannot carry");
  const response = model.response?.body ?? undefined;
  if (isRaw) for (const type of [incoming, outgoing]) if (type !== undefined) rawKinds(types, type);
  return { incoming, outgoing, response, isRaw };
}

/** The call that would give a stream's messages their types. */
const FORM: Readonly<Record<StreamKind, string>> = {
  streamIn: "call `api.streamIn<Message>(…)`",
  streamOut: "call `api.streamOut<Message>(…)`",
  streamInOut: "call `api.streamInOut<Incoming, Outgoing>(…)`",
};

/** The options of a stream in the form in which Rust takes them. */
export function describeStream(
  { maxMessage, compress, ping, idleTimeout, badMessage, format }: StreamOptions,
  { incoming, isRaw }: StreamPlan,
  types: readonly Node[],
): object {
  const raw = isRaw && incoming !== undefined ? rawKinds(types, incoming) : { text: false, bytes: false };
  const place: RequestPlace | null =
    incoming === undefined || isRaw ? null : { fields: [], body: incoming, bodyOptional: false };
  return {
    incoming: place,
    takesText: raw.text,
    takesBytes: raw.bytes,
    maxMessage,
    compress,
    pingMs: ms(ping),
    idleTimeoutMs: ms(idleTimeout),
    badMessage,
    format,
  };
}

/** A duration in milliseconds; `null` stays `null` (no limit), `undefined` takes Rust's default. */
function ms(duration: StreamOptions["ping"]): number | null | undefined {
  return duration === null || duration === undefined ? duration : parseDuration(duration);
}

/** Which frames a raw type stands for: text for `string`, bytes for `Uint8Array`. */
function rawKinds(types: readonly Node[], type: number): { text: boolean; bytes: boolean } {
  const node = types[type];
  if ((node?.kind === "string" || node?.kind === "bytes") && Object.keys(node).length === 1)
    return { text: node.kind === "string", bytes: node.kind === "bytes" };
  if (node?.kind === "union") {
    const arms = node.arms.map((arm) => rawKinds(types, arm));
    return { text: arms.some(({ text }) => text), bytes: arms.some(({ bytes }) => bytes) };
  }
  throw new Error(
    'with `format: "raw"` its messages must be `string`, `Uint8Array` or both, without constraints',
  );
}
