import { hasJSONForm, nameOf } from "@twinloop/schema";
import { hostname } from "node:os";
import { Caller, callers } from "../crossing/caller.ts";
import { ecsLines } from "./ecs-line.ts";
import {
  encodeFields,
  jsonLines,
  LEVELS,
  prettyLine,
  type EncodedFields,
  type Level,
  type LineFormat,
} from "./log-line.ts";
import { LogSink } from "./log-sink.ts";
import { addTextRedactor } from "./redaction.ts";

export type { Level } from "./log-line.ts";

/** Named values that a line carries beside its message. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * The method of one log level. Takes a message, or an error with or without a message, in either order, then fields.
 *
 * Shape:  beside a message stands what was caught (`err`), an object of fields of any type, or any other value (`value`).
 */
export interface LogMethod {
  (message: string, caughtOrFields?: unknown, fields?: Fields): void;
  (error: unknown, message: string, fields?: Fields): void;
  (error: unknown, fields?: Fields): void;
}

/**
 * A structured logger. Never throws and never waits, whatever it is given.
 *
 * Shape:  one JSON object a line on standard output, as pino writes them: `level` (10 trace, 20 debug, 30 info, 40 warn,
 *         50 error, 60 fatal), `time` in milliseconds, `pid`, `hostname`, `msg`, within an operation `trace_id` and `span_id`, then
 *         the fields; an error as `err`. On a terminal, lines for people.
 * Units:  `LOG_LEVEL` (default info; `silent` for none), `LOG_FORMAT` (`json`, `ecs` for the names of the Elastic Common
 *         Schema, or `pretty`; default by terminal).
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

/** The options of a logger. Defaults come from the environment. */
export interface LoggerOptions {
  /** The least level that is written. Environment: `LOG_LEVEL`. */
  readonly level?: Level;
  /** JSON, one object a line with the names of pino or of Elastic's schema, or text for a terminal. Environment: `LOG_FORMAT`. */
  readonly format?: LogFormat | LineFormat;
  /** Whether the pretty format has colours. */
  readonly colours?: boolean;
  /** Receives each line, including its line feed. Default: standard output. */
  readonly write?: (line: string) => void;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** The names of the forms of lines. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The forms of lines, as `LOG_FORMAT` names them. */
export const LOG_FORMATS = ["json", "ecs", "pretty"] as const;

/** The level, format and destination of lines, shared by a logger and all loggers that derive from it. */
interface Output {
  readonly threshold: number;
  readonly format: LineFormat;
  readonly write: (line: string) => void;
  readonly now: () => number;
  /** Whether the lines are the app's, which listeners hear too. */
  readonly isHeard: boolean;
}

const NONE: ReadonlyMap<string, string> = new Map();

class StructuredLogger implements Logger {
  readonly #output: () => Output;
  readonly #parent: StructuredLogger | undefined;
  readonly #fields: Fields | undefined;
  /** The operation that the lines belong to, wherever they are written; `undefined` for the one that runs. */
  readonly #owner: Caller | undefined;
  #bound: ReadonlyMap<string, string> | undefined;

  constructor(output: () => Output, parent?: StructuredLogger, fields?: Fields, owner?: Caller) {
    this.#output = output;
    this.#parent = parent;
    this.#fields = fields;
    this.#owner = owner ?? (parent && parent.#owner);
  }

  /** A logger for the lines of one operation. */
  ownedBy(owner: Caller, fields: Fields): Logger {
    return new StructuredLogger(this.#output, this, fields, owner);
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
    const encoded = new Map(this.#bindings());
    this.#place(encoded);
    if (fields !== undefined) for (const [name, text] of encodeFields(fields)) encoded.set(name, text);
    const time = output.now();
    output.write(output.format(level, time, message, encoded));
    if (output.isHeard && listeners.size > 0) tellListeners(level, time, message, encoded);
  }

  /** Adds the ids by which a line is found from its trace, by OpenTelemetry's names of them. */
  #place(fields: Map<string, string>): void {
    const running = callers.getStore();
    const isOwner = running !== undefined && Caller.operation(running) === this.#owner;
    const caller = isOwner ? running : (this.#owner ?? running);
    const trace = caller && Caller.trace(caller);
    if (trace === undefined || fields.has("trace_id")) return;
    fields.set("trace_id", `"${trace.traceId}"`);
    fields.set("span_id", `"${trace.spanId}"`);
  }

  // Encoded at the first line rather than in with(): most requests get a logger and write nothing.
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
  if (typeof first === "string") return { message: first, fields: besideMessage(second, third) };
  const fields = typeof second === "string" ? asFields(third) : asFields(second);
  // Fields alone, without an error or a message.
  if (typeof second !== "string" && isPlain(first)) return { message: "", fields: { ...first, ...fields } };
  const message = typeof second === "string" ? second : messageOf(first);
  return { message, fields: first === undefined ? fields : { err: errorField(first), ...fields } };
}

/** Reads the arguments after a message: fields, or an error, as people also write it; anything else becomes a field. */
function besideMessage(second: unknown, third: unknown): object | undefined {
  if (isError(second)) return { err: second, ...asFields(third) };
  return second === undefined || second === null ? asFields(third) : (asFields(second) ?? { value: second });
}

function isError(value: unknown): boolean {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/** Describes a thrown object that is no error and would be written as `{}` by its class and its `toString`. */
function errorField(thrown: unknown): unknown {
  try {
    if (typeof thrown !== "object" || thrown === null || thrown instanceof Error) return thrown;
    if (Object.keys(thrown).length > 0 || hasJSONForm(thrown)) return thrown;
  } catch {
    return { type: "Object", message: UNSHOWN };
  }
  return { type: nameOf(thrown), message: messageOf(thrown) };
}

const UNSHOWN = "a thrown value that cannot be shown";

function asFields(value: unknown): object | undefined {
  return typeof value === "object" && value !== null ? value : undefined;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    return (prototype === Object.prototype || prototype === null) && Object.keys(value).length > 0;
  } catch {
    return false;
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return UNSHOWN;
  }
}

/** Creates a logger. Options that are left out come from the environment, read at the first line. */
export function createLogger(options: LoggerOptions = {}): Logger {
  return new StructuredLogger(outputOnce(options));
}

function outputOnce(options: LoggerOptions): () => Output {
  let output: Output | undefined;
  return () => (output ??= openOutput(options));
}

const sink = new LogSink();

function openOutput({ level, format, colours, write, now }: LoggerOptions): Output {
  const given = process.env.LOG_LEVEL?.toLowerCase();
  const known = given !== undefined && Object.hasOwn(LEVELS, given);
  const output: Output = {
    threshold: LEVELS[level ?? (known ? (given as Level) : "info")],
    format: typeof format === "function" ? format : lineFormat(format ?? logFormat().format, colours),
    write: write ?? ((line) => sink.write(line)),
    now: now ?? Date.now,
    isHeard: write === undefined,
  };
  if (level === undefined && given && !known) {
    const fields = encodeFields({ given, accepted: Object.keys(LEVELS) });
    output.write(output.format("warn", output.now(), "unknown LOG_LEVEL; info is used", fields));
  }
  return output;
}

const ORIGIN = { pid: process.pid, hostname: hostname() };

function lineFormat(format: LogFormat, colours = logFormat().colours): LineFormat {
  if (format === "pretty") return prettyLine(colours);
  return format === "ecs" ? ecsLines(ORIGIN, () => service) : jsonLines(ORIGIN);
}

/** The form of the app's lines, by `LOG_FORMAT` and by whether standard output is a terminal; an unknown one is as none. */
export function logFormat(): { readonly format: LogFormat; readonly colours: boolean } {
  const isTerminal = Boolean(process.stdout.isTTY);
  const given = LOG_FORMATS.find((format) => format === process.env.LOG_FORMAT?.toLowerCase());
  return { format: given ?? (isTerminal ? "pretty" : "json"), colours: isTerminal && !process.env.NO_COLOR };
}

let service = process.env.OTEL_SERVICE_NAME || undefined;

/** Sets the name that lines of Elastic's schema give the app, where `OTEL_SERVICE_NAME` does not. */
export function nameService(name: string): void {
  service ??= name;
}

const appLog = new StructuredLogger(outputOnce({}));

/** The app's logger. */
export const log: Logger = appLog;

/** The app's logger for the lines of one operation, which have its ids wherever they are written. */
export function loggerOf(operation: Caller, fields: Fields): Logger {
  return appLog.ownedBy(operation, fields);
}

/** Hears a line of the app, in pino's form and without secrets. Must not throw. */
type LineListener = (line: string) => void;

const listeners = new Set<LineListener>();
const heardLine = jsonLines(ORIGIN);

/** Calls `listener` with each line of the app, whatever its form on standard output. Returns a function that ends it. */
export function hearLines(listener: LineListener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function tellListeners(level: Level, time: number, message: string, fields: EncodedFields): void {
  const line = sink.redacted(heardLine(level, time, message, fields));
  for (const listener of listeners) listener(line);
}

/**
 * Adds a redactor: a function that takes secrets out of each log line before it is written, and out of the text of each
 * error before it leaves the process. Returns a function that removes the redactor.
 *
 * Shape:  gets the whole line as it would be written, JSON escapes and line feed included, and returns the line to write.
 * Errors: a redactor that throws has its line withheld, and a line says so.
 */
export function addRedactor(redact: (line: string) => string): () => void {
  const removers = [sink.addRedactor(redact), addTextRedactor(redact)];
  return () => removers.forEach((remove) => remove());
}

/** Resolves when all log lines so far are handed to the operating system. */
export function flush(): Promise<void> {
  return sink.flush();
}
