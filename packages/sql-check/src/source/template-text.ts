import type ts from "typescript-6";
import type { TextPiece } from "./composed-text.ts";

/** A part of a template literal. */
export type TemplatePart =
  ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail | ts.NoSubstitutionTemplateLiteral;

/** Reads a part of a template with the source offset of each of its characters. */
export function readTemplatePart(part: TemplatePart, file: ts.SourceFile): TextPiece {
  const start = part.getStart(file) + 1;
  const raw = file.text.slice(start, part.end).replace(/(?:\$\{|`)$/, "");
  const place = { path: file.fileName, start, end: start + raw.length };
  return { kind: "text", text: part.text, place, offsets: offsetsOf(raw, start) };
}

/** One character of a template as its author wrote it: an escape, a line end, or itself. Source: ECMAScript, section 12.9.6. */
const WRITTEN = /\\(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|[\s\S])|\r\n|[\s\S]/g;

function offsetsOf(raw: string, start: number): number[] {
  const offsets: number[] = [];
  for (const { 0: written, index } of raw.matchAll(WRITTEN)) {
    for (let unit = cookedLength(written); unit > 0; unit--) offsets.push(start + index);
  }
  return offsets;
}

/** The number of UTF-16 code units that a written character stands for: none where a line is continued. */
function cookedLength(written: string): number {
  if (/^\\[\r\n\u2028\u2029]/.test(written)) return 0;
  const code = /^\\u\{([0-9a-fA-F]+)\}$/.exec(written)?.[1];
  return code !== undefined && Number.parseInt(code, 16) > 0xffff ? 2 : 1;
}
