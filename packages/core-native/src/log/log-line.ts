import { styleText } from "node:util";
import { encodeValue } from "./log-value.ts";

/** The numbers of the log levels; those of pino, so that pino's tools read the lines. */
export const LEVELS: Readonly<Record<Level, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Infinity,
};

/** How grave a log line is; as a least level, `silent` writes none. */
export type Level = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/** The fields of a log line by name, each encoded as JSON. */
export type EncodedFields = ReadonlyMap<string, string>;

/** Formats one log line, including its line feed. `time` is in ms since 1970. */
export type LineFormat = (level: Level, time: number, message: string, fields: EncodedFields) => string;

/** The process that writes the lines. */
export interface LineOrigin {
  readonly pid: number;
  readonly hostname: string;
}

const OWN_NAMES: ReadonlySet<string> = new Set(["level", "time", "pid", "hostname", "msg"]);

/** Encodes fields as JSON. A name that the line itself uses gets an underscore; a field of `undefined` is left out. */
export function encodeFields(fields: object): Map<string, string> {
  const encoded = new Map<string, string>();
  for (const name of fieldNames(fields)) {
    const text = encodeField(fields, name);
    if (text !== undefined) encoded.set(OWN_NAMES.has(name) ? `${name}_` : name, text);
  }
  return encoded;
}

function fieldNames(fields: object): readonly string[] {
  try {
    return Object.keys(fields);
  } catch {
    return [];
  }
}

function encodeField(fields: object, name: string): string | undefined {
  try {
    return encodeValue((fields as Record<string, unknown>)[name]);
  } catch {
    return '"[threw]"';
  }
}

/** Makes pino's format, one JSON object a line: `{"level":30,"time":1700000000000,"pid":1,"hostname":"web-1","msg":"…",…}`. */
export function jsonLines({ pid, hostname }: LineOrigin): LineFormat {
  const place = `"pid":${pid},"hostname":${JSON.stringify(hostname)}`;
  return (level, time, message, fields) => {
    let line = `{"level":${LEVELS[level]},"time":${time},${place},"msg":${JSON.stringify(message)}`;
    for (const [name, text] of fields) line += `,${JSON.stringify(name)}:${text}`;
    return `${line}}\n`;
  };
}

const STYLES = {
  trace: "gray",
  debug: "blue",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: "magenta",
  silent: "gray",
} as const;

/** Formats lines for people: `12:34:56.789 INFO  message name=value`, with the stack of an error below. */
export function prettyLine(colours: boolean): LineFormat {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string => {
    return colours ? styleText(style, text) : text;
  };
  return (level, time, message, fields) => {
    const label = paint(STYLES[level], level.toUpperCase().padEnd(5));
    let line = `${paint("gray", clock(time))} ${label} ${visible(message)}`;
    let below = "";
    for (const [name, text] of fields) {
      const stack = stackOf(text);
      if (stack !== undefined) below += `\n    ${visible(stack)}`;
      else line += ` ${paint("gray", `${visible(name)}=`)}${visible(unquoted(text))}`;
    }
    return `${line}${below}\n`;
  };
}

function clock(time: number): string {
  const date = new Date(time);
  const two = (part: number): string => String(part).padStart(2, "0");
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`;
}

/** Escapes control characters, so that text from outside cannot move the cursor, change colours or forge a line. */
function visible(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const escaped = text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return escaped.replaceAll("\n", "\n    ");
}

function unquoted(text: string): string {
  return /^"[^"\\\s]+"$/.test(text) ? text.slice(1, -1) : text;
}

function stackOf(text: string): string | undefined {
  if (!text.startsWith('{"type":')) return undefined;
  const { stack, cause } = JSON.parse(text) as { stack?: unknown; cause?: unknown };
  if (typeof stack !== "string") return undefined;
  const below = cause === undefined ? undefined : stackOf(JSON.stringify(cause));
  if (below !== undefined) return `${stack}\ncaused by ${below}`;
  return cause === undefined ? stack : `${stack}\ncaused by ${JSON.stringify(cause)}`;
}
