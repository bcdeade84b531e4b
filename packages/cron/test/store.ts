let names = 0;

/** An id that no other test or run has: the database is shared by all of them. */
export function ownId(id: string): string {
  return `${id}-${process.pid}-${Date.now().toString(36)}-${++names}`;
}

/** Waits until `probe` gives something true. */
export async function until<T>(probe: () => Promise<T> | T, withinMs = 20_000): Promise<Exclude<T, false>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found) return found as Exclude<T, false>;
    if (Date.now() > deadline) throw new Error(`it did not happen within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
