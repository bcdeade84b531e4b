import { log } from "./log.ts";

/** Told the names of the secrets that have another value now. */
export type RotationListener = (names: readonly string[]) => unknown;

const listeners = new Set<RotationListener>();

/** Has `listener` called in this isolate whenever secrets have changed. Returns what removes it again. */
export function onRotation(listener: RotationListener): () => void {
  const own: RotationListener = (names) => listener(names);
  listeners.add(own);
  return () => void listeners.delete(own);
}

/** Tells all listeners, and waits for them; what one of them throws is logged. */
export async function announceRotation(names: readonly string[]): Promise<void> {
  const told = [...listeners].map(async (listener) => {
    try {
      await listener(names);
    } catch (error) {
      log.error(error, "what uses a rotated secret could not take the new value", { secrets: names });
    }
  });
  await Promise.all(told);
}
