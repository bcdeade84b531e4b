import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SQLError } from "../error.ts";
import { EmbeddedError, type EmbeddedCode } from "../embedded/embedded-error.ts";
import type { MigrationRequest } from "../migrations/migration-runner.ts";
import { shownName } from "./shown-name.ts";

/** The database to open. */
export interface Opening {
  readonly name: string;
  readonly root: string;
  /** The URL of the server on which to create the database; without it the app's embedded server is started. */
  readonly server?: string;
  /** The app and the migrations of a database that a test gets a copy of, instead of the database itself. */
  readonly test?: { readonly app: string; readonly migrations: MigrationRequest | undefined };
}

/** The result that the program prints: a URL or an error. */
export type Opened = { readonly url: string } | { readonly code: string; readonly message: string };

/** The time limit in milliseconds: that of the embedded server's start and a margin. */
const WITHIN_MS = 130_000;

/**
 * Starts the embedded server, or creates a database on another server, and blocks until it is ready. A child process
 * does the work, because a module that reads a connection string cannot await.
 *
 * Shape:  -> the database's URL. The embedded server stays up for 10 s, in which this process must join it.
 * Errors: `EmbeddedError`, `SQLError`.
 */
export function openNow(opening: Opening): string {
  const program = fileURLToPath(new URL("./open-program.js", import.meta.url));
  const { stdout, stderr, error } = spawnSync(process.execPath, [program], {
    // Passed on stdin, not as an argument, which other users of the machine can see: the URL contains a password.
    input: JSON.stringify(opening),
    encoding: "utf8",
    timeout: WITHIN_MS,
    windowsHide: true,
    env: { ...process.env, NODE_OPTIONS: "", TWINLOOP_ROOT: opening.root },
  });
  const opened = read(stdout);
  if (opened && "url" in opened) return opened.url;
  if (opened?.code.startsWith("embedded_"))
    throw new EmbeddedError(opened.code as EmbeddedCode, opened.message);
  const message =
    opened?.message ?? error?.message ?? `the program that opens it failed: ${stderr.slice(-2_000)}`;
  throw new SQLError(
    opened?.code ?? "connect_failed",
    `The database "${shownName(opening.name)}" could not be opened: ${message}`,
  );
}

function read(stdout: string): Opened | undefined {
  try {
    return JSON.parse(stdout.trim().split("\n").at(-1)!) as Opened;
  } catch {
    return undefined;
  }
}
