/** Finds the known name that a misspelt name was most likely meant to be; `null` when none is near. */
export function nearest(name: string, known: readonly string[]): string | null {
  const lower = name.toLowerCase();
  const same = known.find((one) => one.toLowerCase() === lower);
  if (same !== undefined) return same;
  const allowed = Math.max(1, Math.floor(name.length / 3));
  const ranked = known
    .map((one) => ({ one, distance: distance(lower, one.toLowerCase()) }))
    .filter(({ distance: steps }) => steps <= allowed)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.one ?? null;
}

/** The edit distance of two names: letters inserted, deleted, changed or swapped with a neighbour (Damerau-Levenshtein). */
function distance(from: string, to: string): number {
  const rows: number[][] = Array.from({ length: from.length + 1 }, (_, row) => [row]);
  for (let column = 1; column <= to.length; column++) rows[0]![column] = column;
  for (let row = 1; row <= from.length; row++) {
    for (let column = 1; column <= to.length; column++) {
      const changed = rows[row - 1]![column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      let least = Math.min(rows[row - 1]![column]! + 1, rows[row]![column - 1]! + 1, changed);
      const isSwapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwapped) least = Math.min(least, rows[row - 2]![column - 2]! + 1);
      rows[row]![column] = least;
    }
  }
  return rows[from.length]![to.length]!;
}
