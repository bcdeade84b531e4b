import type { APIError } from "./api-error.ts";

/** One block of an event stream. */
export interface ServerEvent {
  /** The data; nothing where the block has none, and is no event. */
  text?: string;
  event?: string;
  id?: string;
  retry?: number;
}

/**
 * Reads server-sent events.
 *
 * Shape:  the bytes of the stream -> its blocks; an incomplete one at the end is dropped.
 * Errors: what `failed` makes of a connection that breaks off.
 * Source: WHATWG HTML, section 9.2.6.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  failed: (cause: unknown) => APIError,
): AsyncGenerator<ServerEvent, void> {
  let block: ServerEvent = {};
  for await (const line of readLines(body, failed)) {
    if (line !== "") addField(block, line);
    else {
      yield block;
      block = {};
    }
  }
}

function addField(block: ServerEvent, line: string): void {
  const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
  if (name === "data") block.text = block.text === undefined ? value : `${block.text}\n${value}`;
  else if (name === "event") block.event = value;
  else if (name === "id" && !value.includes("\0")) block.id = value;
  else if (name === "retry" && /^\d+$/.test(value)) block.retry = +value;
}

async function* readLines(
  body: ReadableStream<Uint8Array>,
  failed: (cause: unknown) => APIError,
): AsyncGenerator<string, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw failed(cause);
      });
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      // A carriage return at the end may be half of a line break.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
