/**
 * What can be wrong with the embedded server.
 *
 * `embedded_missing`: its package is not installed · `embedded_unsupported`: there is none for this system ·
 * `embedded_denied`: a folder, file or account cannot be used · `embedded_disk_full` · `embedded_initdb_failed` ·
 * `embedded_start_failed`: the server ended before it was ready · `embedded_timeout` · `embedded_damaged`: the data and
 * what belongs to it no longer fit together.
 */
export type EmbeddedCode =
  | "embedded_missing"
  | "embedded_unsupported"
  | "embedded_denied"
  | "embedded_disk_full"
  | "embedded_initdb_failed"
  | "embedded_start_failed"
  | "embedded_timeout"
  | "embedded_damaged";

/** A fault as the supervisor reports it: plain, so that the supervisor need not load the runtime. */
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
 * The fault that an exception stands for.
 *
 * Shape:  what was thrown, and the code to use where neither a full disk nor a refused access is behind it.
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

/** Tells whether what a program wrote says that the disk is full. */
export function isDiskFull(text: string): boolean {
  return DISK_FULL.test(text);
}

/** The fault of a full disk, with what was said about it. */
export function diskFull(words: string): Fault {
  const message = `The disk is full: ${words.trim()}\nThe embedded PostgreSQL needs about 60 MB for its programs and 40 MB for an empty database.`;
  return new Fault("embedded_disk_full", message);
}
