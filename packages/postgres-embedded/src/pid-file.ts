import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The content of a server's pid file. */
export interface PidFile {
  /** The server's process id; `undefined` where the file lacks it, such as one that a power failure has emptied. */
  readonly pid: number | undefined;
  /** The data directory with which the server was started. */
  readonly folder: string;
  /** The server's status; `ready` once it accepts connections. */
  readonly status: string;
}

/** The path of the pid file. */
export function pidFile(data: string): string {
  return join(data, "postmaster.pid");
}

/**
 * Reads the pid file; `undefined` where there is none.
 *
 * Source: PostgreSQL, src/include/utils/pidfile.h: line 1 is the process id, line 2 the data directory, line 8 the
 * status.
 */
export function readPidFile(data: string): PidFile | undefined {
  let lines: string[];
  try {
    lines = readFileSync(pidFile(data), "utf8").split("\n");
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  const folder = lines[1]?.trim() ?? "";
  return {
    // A complete line ends in a line break; a truncated number could be the id of another process.
    pid: Number.isSafeInteger(pid) && pid > 0 && lines.length > 1 ? pid : undefined,
    folder,
    status: lines[7]?.trim() ?? "",
  };
}
