/**
 * The checks of a migration file before any statement of it is sent. A file that fails one of them is refused as a
 * whole, with file, line and column, because a refusal costs nothing and a half-run file may cost a repair.
 */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import type { MigrationProblem } from "./migration-error.ts";
import type { Format } from "./migration-folder.ts";
import { placeAt } from "./place.ts";
import { readScript, type Script, type Statement } from "./script.ts";

/** The result of checking a file: how to run it, and what is wrong with it. */
export interface Reading {
  /** The text of the file without its byte order mark. */
  readonly sql: string;
  /** Whether the migration runs outside of a transaction. */
  readonly outside: boolean;
  /** The problems that keep the file from being run. */
  readonly problems: readonly MigrationProblem[];
}

/** The marker by which a file asks to run outside of a transaction, as `create index concurrently` must. */
const MARK = "twinloop:no-transaction";
/** Matches a line comment that is the marker, with an optional remark. */
const IS_MARK = /^--[ \t]*twinloop:no-transaction\b/;
/** Matches a comment that is addressed to Twinloop. */
const SPEAKS = /^(?:--|\/\*)\s*twinloop\s*:\s*(\S*)/i;

/**
 * Reads a file that is about to be run and checks it: text that is not UTF-8, markers in the wrong place or of an
 * unknown name, control of the transaction that the file runs in, and `copy` to or from a client.
 *
 * Shape:  Prisma runs its files without a transaction around them: a Prisma file that controls transactions runs
 * outside of one.
 */
export function readFileToRun(file: string, format: Format): Reading {
  const bytes = readFileSync(file);
  const sql = bytes.toString("utf8").replace(/^\uFEFF/, "");
  const unreadable = bytesProblem(file, bytes);
  if (unreadable) return { sql, outside: false, problems: [unreadable] };
  const script = readScript(sql);
  const controls = script.statements.filter(controlsTransaction);
  const marked = runsOutside(sql, script);
  const outside = marked || (format === "prisma" && controls.length > 0);
  const at: Place = { file, sql };
  const problems = [
    ...markProblems(at, script),
    ...script.statements.flatMap((statement) => copyProblem(at, statement) ?? []),
    ...(outside ? (leftOpen(at, controls) ?? []) : controls.map((one) => controlProblem(at, one))),
  ];
  return { sql, outside, problems };
}

/** Whether a comment before the first statement asks for no transaction. */
export function runsOutside(sql: string, script: Script = readScript(sql)): boolean {
  const first = script.statements[0]?.start ?? sql.length;
  return script.comments.some(({ start, text }) => start < first && IS_MARK.test(text));
}

interface Place {
  readonly file: string;
  readonly sql: string;
}

/** Builds a problem at an index of the file, with the line quoted below the message. */
function problemAt({ file, sql }: Place, index: number, words: string): MigrationProblem {
  const { line, column, quote } = placeAt(sql, index);
  const message = `${file}:${line}:${column}: ${words}\n${quote}`;
  return { code: "migration_refused", message, file, line, column };
}

/**
 * The problem of a file that is no UTF-8 or contains NUL: the server would refuse it, or Node would replace bytes by
 * U+FFFD without a word. The column counts characters, from 1.
 */
function bytesProblem(file: string, bytes: Buffer): MigrationProblem | undefined {
  const [first, second] = bytes;
  const refused = (words: string, place?: { line: number; column: number }): MigrationProblem => {
    const at = place ? `${file}:${place.line}:${place.column}` : file;
    return { code: "migration_refused", message: `${at}: ${words}`, file, ...place };
  };
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return refused("the file is UTF-16. Save it as UTF-8.");
  }
  const bad = isUtf8(bytes) ? bytes.indexOf(0) : firstBadByte(bytes);
  if (bad < 0) return undefined;
  const before = bytes.subarray(0, bad).toString("utf8").split("\n");
  const place = { line: before.length, column: [...before.at(-1)!].length + 1 };
  const hex = bytes[bad]!.toString(16).padStart(2, "0");
  const where = `byte ${bad + 1} of the file (0x${hex})`;
  return refused(
    hex === "00"
      ? `${where} is NUL, which PostgreSQL does not accept in text. Remove it; if the file is UTF-16, save it as UTF-8.`
      : `${where} is not UTF-8. Save the file as UTF-8; otherwise PostgreSQL would receive a different text.`,
    place,
  );
}

/** The index of the first byte that is not part of a valid character. */
function firstBadByte(bytes: Buffer): number {
  let at = 0;
  // Whole lines first: a line end is never a part of a longer character.
  for (
    let end = bytes.indexOf(10);
    end >= 0 && isUtf8(bytes.subarray(at, end));
    end = bytes.indexOf(10, at)
  ) {
    at = end + 1;
  }
  while (at < bytes.length) {
    const length = [1, 2, 3, 4].find((count) =>
      isUtf8(bytes.subarray(at, Math.min(at + count, bytes.length))),
    );
    if (length === undefined) return at;
    at += length;
  }
  return -1;
}

/**
 * The problems of comments that are addressed to Twinloop: a marker after the first statement, and an unknown one,
 * such as one with a typing error. Neither would have any effect.
 */
function markProblems(place: Place, script: Script): MigrationProblem[] {
  const first = script.statements[0]?.start ?? place.sql.length;
  return script.comments.flatMap(({ start, text }) => {
    const [, said] = SPEAKS.exec(text) ?? [];
    if (said === undefined || (IS_MARK.test(text) && start < first)) return [];
    const words = IS_MARK.test(text)
      ? `\`-- ${MARK}\` is after a statement, where it has no effect. Move it before the first statement.`
      : `${JSON.stringify(`twinloop:${said}`)} is not a known marker. The only marker is a line \`-- ${MARK}\` before the first statement.`;
    return [problemAt(place, start, words)];
  });
}

/** The first words of statements that begin, end or divide a transaction. */
const CONTROLS: ReadonlySet<string> = new Set([
  ...["BEGIN", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"],
]);

/**
 * Whether a statement controls transactions. Source: PostgreSQL, "SQL Commands"; `prepare` alone prepares a
 * statement, and is allowed.
 */
function controlsTransaction({ words: [first = "", second = ""] }: Statement): boolean {
  if (CONTROLS.has(first)) return true;
  return second === "TRANSACTION" && (first === "START" || first === "PREPARE");
}

/** The problem of a statement that would end, begin or divide the transaction of its file. */
function controlProblem(place: Place, { start, words }: Statement): MigrationProblem {
  const [first, second] = words;
  const said = first === "START" || first === "PREPARE" ? `${first} ${second}` : first!;
  return problemAt(
    place,
    start,
    `\`${said.toLowerCase()}\` controls the transaction that the file runs in: the statements before and after it would no longer be committed, rolled back and recorded together. Remove it, because each file already is a transaction; or, to control transactions yourself, begin the file with \`-- ${MARK}\`.`,
  );
}

/** Checks that a file that runs outside ends each transaction it begins, because its record is written after it. */
function leftOpen(place: Place, controls: readonly Statement[]): MigrationProblem[] | undefined {
  let open: Statement | undefined;
  for (const statement of controls) {
    const [first, second] = statement.words;
    if (first === "BEGIN" || first === "START") open ??= statement;
    else if (endsTransaction(statement)) {
      const chained = /\bCHAIN\b/.test(statement.words.join(" ")) && !statement.words.includes("NO");
      open = chained ? statement : undefined;
    } else if (first === "PREPARE" && second === "TRANSACTION") open = undefined;
  }
  if (!open) return undefined;
  const words = "the transaction that begins here does not end in this file. Write `commit;` at its end.";
  return [problemAt(place, open.start, words)];
}

/** Whether a statement ends the transaction; `rollback to` a savepoint does not. */
function endsTransaction({ words: [first, ...rest] }: Statement): boolean {
  if (first === "COMMIT" || first === "END" || first === "ABORT") return true;
  return first === "ROLLBACK" && !rest.includes("TO");
}

/**
 * The problem of a `copy` from or to the client, for which a migration has neither input nor output. `copy` from a
 * file or a program of the server is allowed.
 */
function copyProblem(place: Place, { start, words }: Statement): MigrationProblem | undefined {
  if (words[0] !== "COPY") return undefined;
  const at = words.findIndex((word) => word === "STDIN" || word === "STDOUT");
  if (at < 0 || !["FROM", "TO"].includes(words[at - 1]!)) return undefined;
  const advice =
    words[at] === "STDIN"
      ? "A migration has no input to copy from: write the rows as `insert into … values …` (`pg_dump --inserts` does), copy from a file of the server, or call `db.copyIn` after the migration."
      : "The output of a migration's copy is not read. Remove the statement.";
  return problemAt(
    place,
    start,
    `\`copy … ${words[at - 1]!.toLowerCase()} ${words[at]!.toLowerCase()}\` cannot run here. ${advice}`,
  );
}
