import { native } from "../crossing/native.ts";

/** A remark on a suspicious line of a `.env` file. The line's text is left out, because it may be a secret. */
export interface DotenvRemark {
  /** The line's number, from 1. */
  readonly line: number;
  /** The words that follow "line 3": `is not NAME=value`. */
  readonly what: string;
}

/** The variables of a `.env` file, and remarks on its lines. */
export interface Dotenv {
  /** The values by name; the last one of a repeated name. The object has no prototype, so that every name is safe. */
  readonly values: Readonly<Record<string, string>>;
  readonly remarks: readonly DotenvRemark[];
}

/**
 * Reads a `.env` file by the rules of dotenv and `node --env-file`. Synchronous; starts no thread. Nothing is expanded.
 *
 * Shape:  the bytes or the text of the file -> its values, and the lines that no rule reads or that leave a quote open.
 * Errors: none; a line that cannot be read is a remark and stops only itself.
 */
export function parseDotenv(file: Uint8Array | string): Dotenv {
  const { entries, remarks } = native.dotenvParse(typeof file === "string" ? Buffer.from(file) : file);
  const values: Record<string, string> = Object.create(null);
  for (let at = 0; at < entries.length; at += 2) values[entries[at]!] = entries[at + 1]!;
  return { values, remarks };
}
