import { getHeapSnapshot } from "node:v8";
import type { Port } from "../crossing/port.ts";
import { APIError } from "../errors/error.ts";
import { encodeWireError, toWireError } from "../errors/wire-error.ts";
import { log } from "../log/log.ts";
import { Work } from "../work/work.ts";
import { cpuProfile } from "./cpu-profile.ts";

/** The target of profiles among the jobs of the component `telemetry`. */
export const PROFILE_TARGET = 1;

/** The most seconds of a CPU profile: each holds some hundred kilobytes. */
const MOST_SECONDS = 300;

/** The bytes of a piece of a heap snapshot, and the most pieces that are on their way to the client. */
const PIECE_BYTES = 1 << 16;
const WINDOW = 16;

type Asked = { readonly what: "cpu"; readonly seconds: number } | { readonly what: "heap" };

/**
 * Answers requests for profiles of this isolate, one at a time.
 *
 * Shape:  the job's text is `{"what":"cpu","seconds":5}`, answered by the JSON of a `.cpuprofile`, or `{"what":"heap"}`, answered by the
 *         pieces of a `.heapsnapshot`. The isolate stands still while the snapshot is taken.
 * Errors: `invalid_argument` for another text; `resource_exhausted` while a profile is being taken; `unimplemented` in a Node without
 *         its inspector.
 */
export class Profiles {
  readonly #port: Port;
  #isTaking = false;

  constructor(port: Port) {
    this.#port = port;
  }

  /** Runs one job. Never throws. */
  readonly handle = (id: number, text: string): void => {
    const work = new Work(id);
    void Work.run(work, () => this.#answer(work, text), undefined);
  };

  async #answer(work: Work, text: string): Promise<void> {
    try {
      await this.#alone(() => this.#take(work, asked(text)));
    } catch (error) {
      this.#fail(work, error);
    } finally {
      Work.end(work);
    }
  }

  async #alone(take: () => Promise<void>): Promise<void> {
    if (this.#isTaking) throw APIError.resourceExhausted("a profile of this isolate is being taken");
    this.#isTaking = true;
    try {
      await take();
    } finally {
      this.#isTaking = false;
    }
  }

  async #take(work: Work, what: Asked): Promise<void> {
    if (what.what === "heap") return this.#sendHeap(work);
    const profile = await cpuProfile(what.seconds, work.signal);
    if (!Work.isOver(work)) this.#port.outbox.reply(Work.id(work), 200, profile);
  }

  /** Sends a heap snapshot in pieces, as fast as the client takes them, so that Rust does not hold all of it once more. */
  async #sendHeap(work: Work): Promise<void> {
    const { outbox, flows } = this.#port;
    const id = Work.id(work);
    const room = new Room(WINDOW);
    work.signal.addEventListener("abort", () => room.give(Infinity), { once: true });
    flows.open(id, { credit: (count) => room.give(count) });
    let hasBegun = false;
    try {
      const snapshot = getHeapSnapshot();
      outbox.begin(id, 200);
      hasBegun = true;
      for await (const piece of piecesOf(snapshot)) {
        await room.take();
        if (Work.isOver(work)) return;
        outbox.pieceBlob(id, piece);
      }
      outbox.end(id, true);
    } catch (error) {
      if (!hasBegun) throw error;
      log.error(error, "failed to send a heap snapshot");
      outbox.end(id, false);
    } finally {
      flows.close(id);
    }
  }

  #fail(work: Work, error: unknown): void {
    const wire = toWireError(error);
    if (wire.code === "internal") log.error(error, "failed to take a profile");
    if (!Work.isOver(work)) this.#port.outbox.fail(Work.id(work), wire.status, encodeWireError(wire));
  }
}

/** Reads what is asked for. Errors: `invalid_argument`. */
function asked(text: string): Asked {
  const read = parsed(text);
  if (read?.what === "heap") return { what: "heap" };
  if (read?.what !== "cpu") throw APIError.invalidArgument('a profile is of "cpu" or "heap"');
  const { seconds } = read;
  if (typeof seconds !== "number" || !(seconds > 0 && seconds <= MOST_SECONDS)) {
    throw APIError.invalidArgument(`seconds must be a number above 0 and at most ${MOST_SECONDS}`);
  }
  return { what: "cpu", seconds };
}

function parsed(text: string): { readonly what?: unknown; readonly seconds?: unknown } | null {
  try {
    return JSON.parse(text) as { readonly what?: unknown } | null;
  } catch {
    return null;
  }
}

/** Cuts what a stream yields: Node hands a whole snapshot over at once. */
async function* piecesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const part of stream) {
    for (let at = 0; at < part.length; at += PIECE_BYTES) yield part.subarray(at, at + PIECE_BYTES);
  }
}

/** Room for pieces, which is taken and given back. */
class Room {
  #left: number;
  #wake: (() => void) | undefined;

  constructor(size: number) {
    this.#left = size;
  }

  give(count: number): void {
    this.#left += count;
    this.#wake?.();
  }

  async take(): Promise<void> {
    while (this.#left <= 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#left--;
  }
}
