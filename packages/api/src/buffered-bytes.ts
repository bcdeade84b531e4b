import { totalmem } from "node:os";

const LEAST_BYTES = 64 << 10;

/**
 * The default of `limits.bufferedBodyBytes`, the bytes that all buffered request bodies may take together: an eighth of
 * the memory of the container (cgroup v1 or v2), or of the machine.
 */
export function defaultBufferedBytes(
  container: number = process.constrainedMemory?.() ?? 0,
  physical: number = totalmem(),
): number {
  // Without a memory limit, some systems report 0 and others more than the machine has.
  const memory = container > 0 ? Math.min(container, physical) : physical;
  return Math.max(LEAST_BYTES, Math.floor(memory / 8));
}
