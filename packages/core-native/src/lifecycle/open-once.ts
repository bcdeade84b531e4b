/**
 * A resource that is opened at its first use, once for all who ask for it, and that can be closed and opened again.
 *
 * States: closed ─ `get` ─▶ opening ─▶ open ─ `close` ─▶ closed. An opening that fails leaves it closed, so that the next
 *         use tries again. A `close` while it opens waits for the opening and closes what came of it.
 */
export class OpenOnce<Resource> {
  readonly #open: () => Promise<Resource>;
  readonly #close: (resource: Resource) => unknown;
  #opening: Promise<Resource> | undefined;
  #opened: Resource | undefined;

  constructor(open: () => Promise<Resource>, close: (resource: Resource) => unknown) {
    this.#open = open;
    this.#close = close;
  }

  /** The resource, if it is open. */
  get opened(): Resource | undefined {
    return this.#opened;
  }

  /** Opens the resource, or returns the one that is open or being opened. Errors: those of opening. */
  get(): Promise<Resource> {
    return (this.#opening ??= this.#begin());
  }

  /** Closes the resource; the next use opens it again. Does nothing where it is closed. Errors: those of closing. */
  async close(): Promise<void> {
    const closing = this.#opening;
    this.#opening = this.#opened = undefined;
    const resource = await closing?.catch(() => undefined);
    if (resource !== undefined) await this.#close(resource);
  }

  #begin(): Promise<Resource> {
    const opening: Promise<Resource> = this.#open().then(
      (resource) => {
        // Closed in the meantime: whoever closed it closes what has come of it.
        if (this.#opening === opening) this.#opened = resource;
        return resource;
      },
      (error: unknown) => {
        if (this.#opening === opening) this.#opening = undefined;
        throw error;
      },
    );
    return opening;
  }
}
