import { PieceForm } from "./frame.ts";

/** A piece of a job's input: text, or bytes. */
export type Piece = string | Buffer;

/** What a job whose input or answer moves in pieces is told. No function may throw. */
export interface Flow {
  /** `count` more pieces of the answer have left, so that as many more may be sent. */
  credit?(count: number): void;
  /** One of the pieces that were pulled has arrived; `tagged` says that dates, bigints and bytes are marked in a text. */
  piece?(piece: Piece, tagged: boolean): void;
  /** The input is complete. */
  end?(): void;
  /** The input broke off; `reason` is in the words of whoever fed it, empty where the caller left. */
  broken?(reason: string): void;
}

const SLOT_MASK = (1 << 20) - 1;

/**
 * The flows of one isolate, by the id of their job. Ids are slot and generation: a late piece of an earlier job finds
 * nothing, and its blob is freed.
 */
export class Flows {
  readonly #flows: (Flow | undefined)[] = [];
  readonly #ids: number[] = [];
  readonly #takeBlob: (number: number) => Buffer | null;

  constructor(takeBlob: (number: number) => Buffer | null) {
    this.#takeBlob = takeBlob;
  }

  /** Begins to tell `flow` what happens to the job `id`. */
  open(id: number, flow: Flow): void {
    const slot = id & SLOT_MASK;
    this.#flows[slot] = flow;
    this.#ids[slot] = id;
  }

  /** Ends the flow of the job `id`; what still arrives for it is dropped. */
  close(id: number): void {
    const slot = id & SLOT_MASK;
    if (this.#ids[slot] === id) this.#flows[slot] = undefined;
  }

  /** Acts on an item of the kind `Credit`. */
  readonly credit = (id: number, _target: number, count: number): void => this.#of(id)?.credit?.(count);

  /** Acts on an item of the kind `Piece`. */
  readonly piece = (id: number, _target: number, form: number, text: string, tagged = false): void => {
    const flow = this.#of(id);
    if (form === PieceForm.Blob) {
      // Taken even where nobody wants it, because it would stay in Rust for ever.
      const bytes = this.#takeBlob(Number(text));
      if (bytes !== null) flow?.piece?.(bytes, false);
    } else if (form === PieceForm.Text) flow?.piece?.(text, tagged);
    else if (form === PieceForm.End) flow?.end?.();
    else flow?.broken?.(text);
  };

  #of(id: number): Flow | undefined {
    const slot = id & SLOT_MASK;
    return this.#ids[slot] === id ? this.#flows[slot] : undefined;
  }
}
