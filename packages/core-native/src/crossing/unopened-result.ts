import { native } from "./native.ts";
import { port } from "./port.ts";

/** The result of an operation that lies in Rust, by its number. */
export const UnopenedResult = {
  /** Opens a result; `known` is the number of a part that is here already, 0 for none. `null` for one that was released. */
  open(number: number, known: number): string | null {
    return native.openResult(port().isolate, number, known);
  },

  /**
   * Writes a result in a form, for the answer that it will be spliced into.
   *
   * Shape:  the form's number in Rust where the result fits; 0 where a value of it does not, or the result was released; -1 where
   *         no result of its kind can be written in the form.
   */
  write(number: number, form: string): number {
    return native.writeResult(port().isolate, number, form);
  },

  /** Drops a result once the answers that were given before have left. */
  release(number: number): void {
    port().outbox.release(number);
  },
} as const;
