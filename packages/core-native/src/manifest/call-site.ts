import { readFileSync } from "node:fs";
import { findSourceMap, SourceMap, type SourceMapPayload } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A place in a file: of the code that runs, or of the source it was made from. Lines and columns count from 1. */
export interface CodePlace {
  /** The absolute path of the file. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Writes a place as messages show it, `file:line`. */
export function placeText({ file, line }: Pick<CodePlace, "file" | "line">): string {
  return `${file}:${line}`;
}

/** The part of V8's `CallSite` (the argument of `Error.prepareStackTrace`) that is read here. */
interface Frame {
  getFileName(): string | null | undefined;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
}

/** A function, or a class that is called by `new`. */
type Callee = ((...given: never[]) => unknown) | (abstract new (...given: never[]) => unknown);

/**
 * Finds the place from which `called` was called, in the running code, whatever source maps are in use.
 *
 * Shape:  a function or class that is on the stack -> its caller; undefined where that is no file.
 * Units:  about 5 µs; meant for declarations, not for requests.
 */
export function callSite(called: Callee): CodePlace | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_, frames) => frames;
    Error.captureStackTrace(holder, called);
    return placeOf((holder.stack as readonly Frame[] | undefined)?.[0]);
  } catch {
    // Frozen intrinsics, or a file name that is no path: the place is not known.
    return undefined;
  } finally {
    try {
      Error.stackTraceLimit = stackTraceLimit;
      // Deleted where there was none: `undefined` would be called by some tools.
      if (prepareStackTrace) Error.prepareStackTrace = prepareStackTrace;
      else delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    } catch {
      // Frozen: nothing was changed.
    }
  }
}

function placeOf(frame: Frame | undefined): CodePlace | undefined {
  const name = frame?.getFileName();
  if (frame === undefined || !name || name.startsWith("node:")) return undefined;
  const path = name.startsWith("file:") ? fileURLToPath(name.replace(/[?#].*$/, "")) : name;
  return { file: resolve(path), line: frame.getLineNumber() ?? 0, column: frame.getColumnNumber() ?? 0 };
}

const maps = new Map<string, SourceMap | undefined>();

/**
 * Maps a place in running code to its place in the source; `undefined` where no source map covers it.
 *
 * Shape:  reads what the file names as its source map, inline or beside it; what a loader has made is asked of Node.
 */
export function sourcePlace({ file, line, column }: CodePlace): CodePlace | undefined {
  if (!maps.has(file)) maps.set(file, findSourceMap(file) ?? readSourceMap(file));
  const entry = maps.get(file)?.findEntry(line - 1, column - 1);
  if (!entry || !("originalSource" in entry) || !entry.originalSource) return undefined;
  const { originalSource, originalLine, originalColumn } = entry;
  const source = originalSource.startsWith("file:") ? fileURLToPath(originalSource) : originalSource;
  return { file: resolve(dirname(file), source), line: originalLine + 1, column: originalColumn + 1 };
}

function readSourceMap(file: string): SourceMap | undefined {
  try {
    const url = /[\s\S]*^\/\/[#@] sourceMappingURL=(\S+)/m.exec(readFileSync(file, "utf8"))?.[1];
    if (url === undefined) return undefined;
    const from = url.startsWith("data:") ? file : resolve(dirname(file), decodeURI(url));
    const text = url.startsWith("data:") ? inlined(url) : readFileSync(from, "utf8");
    return new SourceMap(withAbsoluteSources(JSON.parse(text) as SourceMapPayload, from));
  } catch {
    return undefined;
  }
}

function inlined(url: string): string {
  const [head = "", data = ""] = url.split(",", 2);
  return head.endsWith(";base64") ? Buffer.from(data, "base64").toString() : decodeURIComponent(data);
}

function withAbsoluteSources(map: SourceMapPayload, from: string): SourceMapPayload {
  const base = pathToFileURL(resolve(dirname(from), map.sourceRoot ?? "", "x"));
  const absolute = (source: string): string =>
    URL.canParse(source, base.href) ? new URL(source, base).href : source;
  return { ...map, sourceRoot: "", sources: map.sources.map(absolute) };
}
