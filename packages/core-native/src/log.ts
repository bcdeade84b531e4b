import { encodeFields, jsonLine, LEVELS, prettyLine, type Level, type LineFormat } from "./log-line.ts";
import { LogSink } from "./log-sink.ts";
import { addTextRedactor } from "./redaction.ts";

export type { Level } from "./log-line.ts";

/** Named values that a line carries beside its message. */
export type Fields = Readonly<Record<string, unknown>>;

/** One level's method: a message, or an error with a message of its own or the error's. */
export interface LogMethod {
  (message: string, fields?: Fields): void;
  (error: unknown, message: string, fields?: Fields): void;
  (error: unknown, fields?: Fields): void;
}

/**
 * A structured logger. Never throws and never waits, whatever it is given.
 *
 * Shape:  one JSON object a line on standard output, as pino writes them: `level` (10 trace, 20 debug, 30 info, 40 warn,
 *         50 error, 60 fatal), `time` in milliseconds, `msg`, then the fields; an error as `err`. On a terminal, lines
 *         for people.
 * Units:  `LOG_LEVEL` (default info; `silent` for none), `LOG_FORMAT` (`json` or `pretty`; default by terminal).
 * Example: `log.error(error, "could not send the mail", { user: id })`
 */
export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger that adds these fields to each line. */
  with(fields: Fields): Logger;
  /** Tells whether lines of this level are written at all. */
  enabled(level: Level): boolean;
}

/** What a logger is made of; everything has the default that the environment gives. */
export interface LoggerOptions {
  readonly level?: Level;
  readonly format?: "json" | "pretty";
  readonly colours?: boolean;
  /** Takes each line, with its line feed. */
  readonly write?: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** How lines are made and where they go: shared by a logger and all that derive from it. */
interface Output {
  readonly threshold: number;
  readonly format: LineFormat;
  readonly write: (line: string) => void;
  readonly now: () => number;
}

const NONE: ReadonlyMap<string, string> = new Map();

class StructuredLogger implements Logger {
  readonly #output: () => Output;
  readonly #parent: StructuredLogger | undefined;
  readonly #fields: Fields | undefined;
  #bound: ReadonlyMap<string, string> | undefined;

  constructor(output: () => Output, parent?: StructuredLogger, fields?: Fields) {
    this.#output = output;
    this.#parent = parent;
    this.#fields = fields;
  }

  readonly trace: LogMethod = (...given: unknown[]) => this.#line("trace", given);
  readonly debug: LogMethod = (...given: unknown[]) => this.#line("debug", given);
  readonly info: LogMethod = (...given: unknown[]) => this.#line("info", given);
  readonly warn: LogMethod = (...given: unknown[]) => this.#line("warn", given);
  readonly error: LogMethod = (...given: unknown[]) => this.#line("error", given);
  readonly fatal: LogMethod = (...given: unknown[]) => this.#line("fatal", given);

  with(fields: Fields): Logger {
    return new StructuredLogger(this.#output, this, fields);
  }

  enabled(level: Level): boolean {
    return level !== "silent" && LEVELS[level] >= this.#output().threshold;
  }

  #line(level: Level, given: readonly unknown[]): void {
    const output = this.#output();
    if (LEVELS[level] < output.threshold) return;
    const { message, fields } = arrange(given);
    const bound = this.#bindings();
    const encoded = fields === undefined ? bound : new Map([...bound, ...encodeFields(fields)]);
    output.write(output.format(level, output.now(), message, encoded));
  }

  // Encoded by the first line and not by with(): most requests get a logger and write nothing.
  #bindings(): ReadonlyMap<string, string> {
    if (this.#bound) return this.#bound;
    const above = this.#parent ? this.#parent.#bindings() : NONE;
    const own = this.#fields ? encodeFields(this.#fields) : NONE;
    return (this.#bound = new Map([...above, ...own]));
  }
}

function arrange([first, second, third]: readonly unknown[]): {
  message: string;
  fields: object | undefined;
} {
  if (typeof first === "string") return { message: first, fields: asFields(second) };
  const fields = typeof second === "string" ? asFields(third) : asFields(second);
  const message = typeof second === "string" ? second : messageOf(first);
  return { message, fields: first === undefined ? fields : { err: first, ...fields } };
}

function asFields(value: unknown): object | undefined {
  return typeof value === "object" && value !== null ? value : undefined;
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return "a thrown value that cannot be shown";
  }
}

/** A logger of its own; what is left out of the options comes from the environment, at its first line. */
export function createLogger(options: LoggerOptions = {}): Logger {
  let output: Output | undefined;
  return new StructuredLogger(() => (output ??= openOutput(options)));
}

const sink = new LogSink();

function openOutput({ level, format, colours, write, now }: LoggerOptions): Output {
  const given = process.env.LOG_LEVEL?.toLowerCase();
  const known = given !== undefined && Object.hasOwn(LEVELS, given);
  const pretty =
    (format ?? process.env.LOG_FORMAT ?? (process.stdout.isTTY ? "pretty" : "json")) === "pretty";
  const coloured = colours ?? (Boolean(process.stdout.isTTY) && !process.env.NO_COLOR);
  const output: Output = {
    threshold: LEVELS[level ?? (known ? (given as Level) : "info")],
    format: pretty ? prettyLine(coloured) : jsonLine,
    write: write ?? ((line) => sink.write(line)),
    now: now ?? Date.now,
  };
  if (level === undefined && given && !known) {
    const fields = encodeFields({ given, accepted: Object.keys(LEVELS) });
    output.write(output.format("warn", output.now(), "LOG_LEVEL is no known level; info is used", fields));
  }
  return output;
}

/** The app's logger. */
export const log: Logger = createLogger();

/**
 * Has `redact` look at each line before it is written, and at the text of each error before it leaves the process, to
 * take secrets out. Returns what removes it again.
 *
 * Shape:  gets the whole line as it would be written, JSON escapes and line feed included, and returns the line to write.
 * Errors: a redactor that throws has its line withheld, and a line says so.
 */
export function addRedactor(redact: (line: string) => string): () => void {
  const removers = [sink.addRedactor(redact), addTextRedactor(redact)];
  return () => removers.forEach((remove) => remove());
}

/** Resolves when all lines so far are handed to the operating system. */
export function flush(): Promise<void> {
  return sink.flush();
}
