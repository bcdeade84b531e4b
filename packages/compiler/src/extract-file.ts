import { Arena } from "./arena.ts";
import { declarationsOf, type Declaration } from "./declaration.ts";
import { readEndpoint, type FoundEndpoint } from "./endpoint.ts";
import type { Node, TypeIndex } from "./manifest.ts";
import { mapEndpoint, type MapType } from "./map-types.ts";
import { readModelEntry, type ModelEntry } from "./model.ts";
import type { Problem, ProblemCode } from "./problem.ts";
import type { Site } from "./site.ts";
import { completeUnions } from "./tag.ts";
import type { Location, SourceText, TypeSource } from "./type-source.ts";
import { isReserved, TypeReader } from "./type-reader.ts";

/** All that one file declares, with its own types. Valid until the file, or one that it imports, changes. */
export interface FileExtract {
  endpoints: (FoundEndpoint & { line: number })[];
  entries: (ModelEntry & { line: number })[];
  nodes: Node[];
  /** Their files are absolute paths. */
  problems: Problem[];
}

/** Reads the declarations of one file. */
export function extractFile(file: SourceText, source: TypeSource): FileExtract {
  const texts = new Map([[file.path, file.text]]);
  const problems: Problem[] = syntaxProblems(file, source);
  const report = (site: Site, code: ProblemCode, message: string, hint?: string): void => {
    problems.push({
      code,
      ...placeOf(site.location, textOf(texts, source, site.location.path)),
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  const reader = new TypeReader(source, report);
  const extract: FileExtract = { endpoints: [], entries: [], nodes: [], problems };
  for (const declaration of declarationsOf(file, source)) {
    const line = lineOf(file.text, declaration.location.start).line;
    if (declaration.nested) {
      reportNested(report, declaration);
      continue;
    }
    const endpoint = readEndpoint(reader, declaration);
    if (endpoint !== null) extract.endpoints.push({ ...endpoint, line });
    const entry = endpoint === null ? readModelEntry(reader, declaration) : null;
    if (entry !== null) extract.entries.push({ ...entry, line });
  }
  completeUnions(reader);
  return compact(extract, reader.finishedNodes());
}

/** Keeps of the nodes what the declarations reach: the same few types are read for every endpoint of a file. */
function compact(extract: FileExtract, nodes: readonly Node[]): FileExtract {
  const arena = new Arena();
  arena.append(nodes);
  const roots: TypeIndex[] = [];
  mapExtract(extract, (type) => (roots.push(type), type));
  const { types, place } = arena.finish(roots);
  if (types.some(isReserved))
    throw new Error("A type was used before it was read: this is a defect of @twinloop/compiler");
  return { ...mapExtract(extract, place), nodes: types };
}

function mapExtract(extract: FileExtract, map: MapType): FileExtract {
  const endpoints = extract.endpoints.map((endpoint) => mapEndpoint(endpoint, map));
  const entries = extract.entries.map((found) =>
    found.section === "topics"
      ? { ...found, entry: { ...found.entry, message: map(found.entry.message) } }
      : found,
  );
  return { ...extract, endpoints, entries };
}

function reportNested(
  report: (site: Site, code: ProblemCode, message: string, hint?: string) => void,
  declaration: Declaration,
): void {
  const { location, call } = declaration;
  const site = { location: { ...location, end: Math.min(location.end, call.expression.end) }, path: "" };
  const message = `\`${declaration.what}\` is called inside a function: what it declares cannot be known before the app runs`;
  report(site, "not_top_level", message, "Declare it at the top level of a module.");
}

function syntaxProblems(file: SourceText, source: TypeSource): Problem[] {
  return source
    .syntaxErrors(file)
    .map((error) => ({ code: "syntax", ...placeOf(error, file.text), message: error.message }));
}

function textOf(texts: Map<string, string>, source: TypeSource, path: string): string {
  const known = texts.get(path);
  if (known !== undefined) return known;
  const text = source.files().find((file) => file.path === path)?.text ?? "";
  texts.set(path, text);
  return text;
}

function placeOf(location: Location, text: string): Pick<Problem, "file" | "line" | "column" | "length"> {
  return {
    file: location.path,
    ...lineOf(text, location.start),
    length: Math.max(1, location.end - location.start),
  };
}

/** 1-based line and column of an offset. */
export function lineOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = Math.max(before.lastIndexOf("\n"), before.lastIndexOf("\r")) + 1;
  const line = before.split(/\r\n|\n|\r/).length;
  return { line, column: offset - lineStart + 1 };
}
