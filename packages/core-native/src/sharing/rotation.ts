import { log } from "../log/log.ts";

/** A function that is called with the names of the secrets whose values have changed. */
export type RotationListener = (names: readonly string[]) => unknown;

const listeners = new Set<RotationListener>();

/** Adds a listener that is called in this isolate whenever secrets have changed. Returns a function that removes it. */
export function onRotation(listener: RotationListener): () => void {
  const own: RotationListener = (names) => listener(names);
  listeners.add(own);
  return () => void listeners.delete(own);
}

/** Calls all listeners and waits for them. An error of a listener is logged. */
export async function announceRotation(names: readonly string[]): Promise<void> {
  const told = [...listeners].map(async (listener) => {
    try {
      await listener(names);
    } catch (error) {
      log.error(error, "failed to apply a rotated secret: a listener threw", { secrets: names });
    }
  });
  await Promise.all(told);
}
