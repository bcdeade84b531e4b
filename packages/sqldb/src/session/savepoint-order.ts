import { AsyncLocalStorage } from "node:async_hooks";
import { SQLError } from "../error.ts";

/** The transactions inside whose savepoints the current async context runs. */
const inside = new AsyncLocalStorage<ReadonlySet<SavepointOrder>>();

/**
 * Serialises the savepoints of one transaction.
 *
 * PostgreSQL keeps savepoints on a stack: of two that are open at once, rolling back the earlier one undoes the later
 * one.
 */
export class SavepointOrder {
  #last: Promise<void> = Promise.resolve();
  readonly #open = new Set<() => void>();
  /** Whether a savepoint of `begin()` is open, whose end cannot be awaited. */
  #held = false;

  /** Enters at once, or fails where another savepoint is open. Returns the function that admits the next one. */
  enter(): () => void {
    if (this.#open.size > 0) throw refused(ANOTHER_IS_OPEN);
    this.#held = true;
    return this.#join().leave;
  }

  /** Enters after all earlier calls have finished. */
  async wait(): Promise<() => void> {
    if (inside.getStore()?.has(this)) throw refused(WAITS_FOR_ITSELF);
    if (this.#held) throw refused(ANOTHER_IS_OPEN);
    const { before, leave } = this.#join();
    await before;
    return leave;
  }

  /** Runs the work of a savepoint, in turn. */
  run<R>(work: () => Promise<R>): Promise<R> {
    return inside.run(new Set([...(inside.getStore() ?? []), this]), work);
  }

  /** Ends the order with the transaction: waiting calls go on, and fail at their first statement. */
  end(): void {
    for (const leave of this.#open) leave();
  }

  #join(): { before: Promise<void>; leave: () => void } {
    const before = this.#last;
    let pass = (): void => {};
    this.#last = new Promise((resolve) => (pass = resolve));
    const leave = (): void => {
      if (!this.#open.delete(leave)) return;
      this.#held = false;
      pass();
    };
    this.#open.add(leave);
    return { before, leave };
  }
}

const ANOTHER_IS_OPEN =
  "another savepoint of this transaction is open: end it first, or begin the new one inside it";
const WAITS_FOR_ITSELF =
  "the outer transaction was used inside its savepoint and would wait for itself: use the transaction that was passed to the function";

function refused(why: string): SQLError {
  return new SQLError("invalid_parameter", why);
}
