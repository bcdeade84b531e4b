import { totalmem } from "node:os";

/** The least default: a container with hardly any memory still takes one small body, the size that the budget favours. */
const LEAST_BYTES = 64 << 10;

/**
 * The default of `limits.bufferedBodyBytes`, the bytes that all buffered request bodies may take together: an eighth of the
 * memory of the container (cgroup v1 or v2), or of the machine.
 *
 * Shape:  the limits of the container and of the machine in bytes, which tests give -> whole bytes.
 * Units:  at least 64 KiB. A container without a limit counts as the machine.
 * Source: Node.js, `process.constrainedMemory()`, which reads the limit of the cgroup.
 */
export function defaultBufferedBytes(
  container: number = process.constrainedMemory?.() ?? 0,
  physical: number = totalmem(),
): number {
  // Without a memory limit, some systems report 0 and others more than the machine has.
  const memory = container > 0 ? Math.min(container, physical) : physical;
  return Math.max(LEAST_BYTES, Math.floor(memory / 8));
}
