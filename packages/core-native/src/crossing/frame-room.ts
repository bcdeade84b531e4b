import type { Frame } from "@twinloop/schema";

/** The least room, and the most that is kept for the next frame. */
const LEAST_BYTES = 1 << 16;
const MOST_KEPT_BYTES = 1 << 20;

/** The memory into which Rust copies one frame after another. A frame is there until the next is asked for. */
export class FrameRoom {
  #kept: Frame | undefined;

  /** Views of at least `bytes` bytes. They are the same for the next frame, unless that is larger. */
  of(bytes: number): Frame {
    if (bytes > MOST_KEPT_BYTES) return viewsOf(bytes);
    if (this.#kept === undefined || this.#kept.bytes.length < bytes) {
      let size = LEAST_BYTES;
      while (size < bytes) size *= 2;
      this.#kept = viewsOf(size);
    }
    return this.#kept;
  }
}

function viewsOf(bytes: number): Frame {
  const memory = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
  return { bytes: Buffer.from(memory), ints: new Int32Array(memory), doubles: new Float64Array(memory) };
}
