import { AbortReason, Work, type Port } from "@twinloop/core-native/internal";
import { Context } from "../context.ts";
import type { EndpointMeta } from "../endpoint-meta.ts";
import { MessageStream, type MessageForm } from "./message-stream.ts";

/** The context of one connection: its handshake, and its stream. */
export class StreamContext extends Context {
  readonly #stream: MessageStream;

  constructor(id: number, of: EndpointMeta, port: Port, form: MessageForm) {
    super(id, of);
    // The signal aborts when the stream ends, so that a handler that waits for something else learns of it.
    this.#stream = new MessageStream(port, id, form, () => Work.abort(id, AbortReason.Disconnected));
  }

  override get middlewareParts(): { readonly stream: MessageStream } {
    return { stream: this.#stream };
  }
}
