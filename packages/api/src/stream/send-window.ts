/** The most messages, and code units or bytes of them, that are on their way to one client. A larger one goes alone. */
const MAX_MESSAGES = 64;
const MAX_SIZE = 64 << 10;

/**
 * Counts the messages or events that are on their way to one client, and lets senders wait for room.
 *
 * Units:  full from 64 messages or 64 KiB on. Sizes are code units of texts and bytes of binary messages: near enough for a
 *         bound, and known without encoding.
 */
export class SendWindow {
  /** The sizes of messages in the order sent; those before `#first` have left. */
  readonly #sizes: number[] = [];
  #first = 0;
  #size = 0;
  #waiting: (() => void)[] = [];

  /** The size of the messages on their way, in code units and bytes. */
  get size(): number {
    return this.#size;
  }

  /** Counts a message that was handed to Rust. Resolves when another may be sent. */
  add(size: number): Promise<void> {
    this.#sizes.push(size);
    this.#size += size;
    if (!this.#isFull()) return DONE;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Takes out the oldest `count` messages, which the socket has taken. */
  left(count: number): void {
    for (let left = count; left > 0 && this.#first < this.#sizes.length; left--)
      this.#size -= this.#sizes[this.#first++]!;
    if (this.#first === this.#sizes.length) {
      this.#sizes.length = 0;
      this.#first = 0;
    } else if (this.#first > MAX_MESSAGES) {
      this.#sizes.splice(0, this.#first);
      this.#first = 0;
    }
    if (!this.#isFull()) this.open();
  }

  /** Lets everybody go who waits, whether there is room or not. */
  open(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #isFull(): boolean {
    return this.#sizes.length - this.#first >= MAX_MESSAGES || this.#size >= MAX_SIZE;
  }
}

const DONE = Promise.resolve();
