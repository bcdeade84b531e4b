import { compileFunction } from "node:vm";
import type { Node, TypeIndex } from "../ir/ir.ts";
import { frameCode } from "./frame-code.ts";
import { revive } from "./revive.ts";

/** A frame in memory that is the reader's until it returns: three views of the same bytes, and what is beyond the frame in them. */
export interface Frame {
  readonly bytes: Buffer;
  readonly ints: Int32Array;
  readonly doubles: Float64Array;
}

/** Makes the value of a frame. Nothing of the value refers to the frame's memory. */
export type FrameReader = (frame: Frame) => unknown;

/**
 * Makes the reader of the frames of one type, with code of its own. Compiled by `vm`, which processes that forbid `eval` and
 * `new Function` allow.
 *
 * Shape:  the arena and a type that `isFramed` -> the reader.
 */
export function buildFrameReader(types: readonly Node[], type: TypeIndex): FrameReader {
  const code = frameCode(types, type);
  const filename = `twinloop:frame-reader/${type}`;
  const make = compileFunction(code, ["revive", "decode"], { filename }) as (
    revive: (value: unknown) => unknown,
    decode: (text: string) => Uint8Array,
  ) => FrameReader;
  return make(revive, decode);
}

/** A copy: small Buffers share one pool, and a handler may keep or transfer what it receives. */
function decode(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** The slot of an envelope, as its first integer. */
const ENVELOPE = 6;

/** The text that stays beside the request in a frame, such as what is known of its caller; empty where there is none. */
export function frameEnvelope({ bytes, ints }: Frame): string {
  const [at, length] = [ints[ENVELOPE]!, ints[ENVELOPE + 1]!];
  return length === 0 ? "" : bytes.toString("utf8", at, at + length);
}
