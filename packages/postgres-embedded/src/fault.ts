import type { EmbeddedCode } from "@twinloop/sqldb/internal";

/** A failure as the supervisor reports it: without a base class of the runtime, which the supervisor does not load. */
export class Fault extends Error {
  readonly code: EmbeddedCode;

  constructor(code: EmbeddedCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "Fault";
    this.code = code;
  }
}

const DISK_FULL = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded|Check free disk space/i;
const DENIED = /^(EACCES|EPERM|EROFS)$/;

/**
 * Converts an exception to a fault.
 *
 * Shape:  the thrown value, and the code for causes other than a full disk or a denied access.
 */
export function toFault(thrown: unknown, otherwise: EmbeddedCode): Fault {
  if (thrown instanceof Fault) return thrown;
  const { code = "", message = String(thrown) } = thrown as NodeJS.ErrnoException;
  if (isDiskFull(`${code} ${message}`)) return diskFull(message);
  if (DENIED.test(code)) {
    return new Fault(
      "embedded_denied",
      `${message}. Give this user access to it, or set DATABASE_URL to a server of your own.`,
      thrown,
    );
  }
  return new Fault(otherwise, message, thrown);
}

/** Whether a program's output says that the disk is full. */
export function isDiskFull(text: string): boolean {
  return DISK_FULL.test(text);
}

/** The fault of a full disk, with the program's output. */
export function diskFull(words: string): Fault {
  const message = `The disk is full: ${words.trim()}\nThe embedded PostgreSQL needs about 60 MB for its programs and 40 MB for an empty database.`;
  return new Fault("embedded_disk_full", message);
}
