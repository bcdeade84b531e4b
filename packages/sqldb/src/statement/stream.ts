import { call, newToken, Operation } from "../native.ts";
import { milliseconds, throwIfAborted } from "./query-options.ts";
import { Flag } from "../argument/flag.ts";
import type { Place } from "./place.ts";
import type { Runner } from "./runner.ts";
import { rowsOf, type Batch, type Columns, type Row } from "./row.ts";
import type { Statement } from "./statement.ts";

/** A converted batch, and the handle of the next one; 0 after the last. */
interface Piece<P> {
  readonly handle: number;
  readonly content: P;
}

/**
 * Yields the rows of a statement as they arrive; the server waits while nobody reads.
 *
 * The next batch is fetched while one is consumed. Leaving the loop cancels the statement.
 */
export async function* stream<T extends Row>(
  runner: Runner,
  statement: Statement,
  values: readonly unknown[],
): AsyncGenerator<T, void, undefined> {
  for await (const rows of batches(runner, statement, values, 0, rowsOf)) yield* rows as T[];
}

/**
 * Yields `make`'s result for each batch of a statement's rows, with values in the form that `flags` request. The batch
 * itself is not kept meanwhile.
 */
export async function* batches<P>(
  runner: Runner,
  statement: Statement,
  values: readonly unknown[],
  flags: number,
  make: (batch: Batch) => P,
): AsyncGenerator<P, void, undefined> {
  const { place, options } = runner;
  const { signal } = options;
  throwIfAborted(signal);
  const pool = place.pool ?? (await place.open());
  const token = signal ? newToken() : 0;
  const knownNow = (): Columns | undefined => (flags & Flag.Text ? statement.textColumns : statement.columns);
  const known = knownNow();
  const read = (text: string, columns = knownNow()): Piece<P> => {
    const cut = text.indexOf("\n");
    const batch = runner.read(text.slice(cut + 1), statement, columns, flags);
    return { handle: Number(text.slice(0, cut)), content: make(batch) };
  };
  const next = (handle: number): Promise<Piece<P>> => {
    const columns = knownNow();
    const timeout = milliseconds("timeout", options.timeout ?? place.queryTimeout);
    const argument = `[${turnOf(place)},${timeout},${token},${handle},${columns?.id ?? 0}]`;
    return call(Operation.next, argument, token, signal).then((text) => read(text, columns));
  };

  const argument = runner.argument(pool, token, statement, values, flags);
  let piece = read(await call(Operation.stream, argument, token, signal), known);
  let coming: Promise<Piece<P>> | undefined;
  let open = piece.handle;
  try {
    for (;;) {
      coming = piece.handle === 0 ? undefined : next(piece.handle);
      // The failure is handled where the promise is awaited.
      coming?.catch(() => undefined);
      yield piece.content;
      if (!coming) return;
      piece = await coming;
      open = piece.handle;
    }
  } catch (error) {
    open = 0;
    throw error;
  } finally {
    if (open !== 0) {
      await coming?.catch(() => undefined);
      await leave(place, open);
    }
  }
}

/** The pool, session and turn of a call, as the operation's argument has them. */
function turnOf(place: Place): string {
  const { session } = place;
  return `[0,${session},${session === 0 ? 0 : place.nextTurn()}]`;
}

/** Cancels a stream before its last row. Fails silently where the connection has ended, which ended the stream too. */
async function leave(place: Place, handle: number): Promise<void> {
  try {
    await call(Operation.endStream, `[${turnOf(place)},${handle}]`);
  } catch {
    return;
  }
}
