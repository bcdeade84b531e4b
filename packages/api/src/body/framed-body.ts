import {
  buildFrameReader,
  frameEnvelope,
  isFramed,
  type Frame,
  type FrameReader,
  type Node,
} from "@twinloop/core-native/internal";
import { KnownEnvelope } from "../auth/known-envelope.ts";
import type { PlannedEndpoint } from "../plan.ts";

/**
 * The large bodies of one endpoint, which Rust hands over as frames. The code that reads them is made when the first one comes:
 * of an app with thousands of types only those that are sent in large bodies.
 */
export class FramedBody {
  readonly #types: readonly Node[];
  readonly #type: number;
  #reader: FrameReader | undefined;

  constructor(types: readonly Node[], type: number) {
    this.#types = types;
    this.#type = type;
  }

  /** Reads the input of a handler, or the envelope that its guard takes apart. */
  read(frame: Frame): unknown {
    this.#reader ??= buildFrameReader(this.#types, this.#type);
    const envelope = frameEnvelope(frame);
    const input = this.#reader(frame);
    if (envelope === "") return input;
    if (KnownEnvelope.is(envelope)) return new KnownEnvelope(envelope, input);
    return [...(JSON.parse(envelope) as unknown[]), input];
  }
}

/** How an endpoint's large bodies are read; `undefined` where they come as text. */
export function framedBody(
  { endpoint, request }: PlannedEndpoint,
  types: readonly Node[],
): FramedBody | undefined {
  const { body = null, bodyAs } = request ?? {};
  const isOne = endpoint.kind === "typed" && body !== null && bodyAs === undefined && isFramed(types, body);
  return isOne ? new FramedBody(types, body) : undefined;
}
