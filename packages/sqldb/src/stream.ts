import { call, newToken, Operation } from "./native.ts";
import type { Place, Runner } from "./queryable.ts";
import { VALUES_FROM, type Row } from "./row.ts";
import type { Statement } from "./statement.ts";

interface Piece {
  /** Asks for the next piece; 0 after the last. */
  readonly handle: number;
  readonly rows: Row[];
}

/**
 * Yields the rows of a statement as they are read; the server is held back while nobody reads.
 *
 * While one piece is consumed the next is on its way. Leaving the loop cancels the statement.
 */
export async function* stream<T extends Row>(
  runner: Runner,
  statement: Statement,
  values: readonly unknown[],
): AsyncGenerator<T, void, undefined> {
  const { place, options } = runner;
  const { signal } = options;
  signal?.throwIfAborted();
  const pool = place.pool ?? (await place.open());
  const token = signal ? newToken() : 0;
  const known = statement.columns;
  const read = (text: string, columns = statement.columns): Piece => {
    const cut = text.indexOf("\n");
    const batch = runner.read(text.slice(cut + 1), statement, columns);
    const rows = batch.columns.build(batch.values, VALUES_FROM, batch.hasNaN);
    return { handle: Number(text.slice(0, cut)), rows };
  };
  const next = (handle: number): Promise<Piece> => {
    const turn = place.session === 0 ? 0 : place.nextTurn();
    const columns = statement.columns;
    const timeout = options.timeout ?? place.queryTimeout;
    const argument = `[${handle},${timeout},${token},${turn},${columns?.id ?? 0}]`;
    return call(Operation.next, argument, token, signal).then((text) => read(text, columns));
  };

  const argument = runner.argument(pool, token, statement, values, false);
  let piece = read(await call(Operation.stream, argument, token, signal), known);
  let coming: Promise<Piece> | undefined;
  let open = piece.handle;
  try {
    for (;;) {
      coming = piece.handle === 0 ? undefined : next(piece.handle);
      // Its failure is met where it is awaited, not before.
      coming?.catch(() => undefined);
      yield* piece.rows as T[];
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

/** Ends a stream before its last row. What ended its connection first has ended it too. */
async function leave(place: Place, handle: number): Promise<void> {
  try {
    const turn = place.session === 0 ? 0 : place.nextTurn();
    await call(Operation.endStream, `[${handle},${turn}]`);
  } catch {
    return;
  }
}
