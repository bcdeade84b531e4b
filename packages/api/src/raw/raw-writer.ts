import type { RawResponse } from "./raw-response.ts";

/**
 * Writes to the response of a raw endpoint at the pace of its client, by one listener of each kind however long that takes: a
 * `close` listener for each wait would pile up, and set off Node's warning of a leak.
 */
export class RawWriter {
  readonly #response: RawResponse;
  readonly #goOn = (): void => this.#wake();
  #wake: () => void = () => undefined;

  constructor(response: RawResponse) {
    this.#response = response;
    response.on("drain", this.#goOn).on("close", this.#goOn);
  }

  /** Writes a piece, and resolves when another one may follow, or none is wanted any more. */
  async write(piece: string | Uint8Array): Promise<void> {
    if (this.#response.destroyed || this.#response.write(piece) || this.#response.destroyed) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Takes the listeners away. */
  release(): void {
    this.#response.off("drain", this.#goOn).off("close", this.#goOn);
  }
}
