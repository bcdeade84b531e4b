import type { SourcePlace } from "./source-place.ts";
import type { ValueShape } from "./value-shape.ts";

/** A piece of a statement that is text in the source. */
export interface TextPiece {
  readonly kind: "text";
  readonly text: string;
  readonly place: SourcePlace;
  /** The source offset of each character of `text`; absent where the text is written otherwise, as by `sql.identifier`. */
  readonly offsets?: readonly number[];
}

/** A piece that becomes a parameter. */
export interface ValuePiece {
  readonly kind: "value";
  readonly place: SourcePlace;
  readonly shape: ValueShape;
}

export type StatementPiece = TextPiece | ValuePiece;

/** A statement's text with `$1`, `$2`, … and the way back from it to the source. */
export class ComposedText {
  readonly text: string;
  readonly values: readonly ValuePiece[];
  readonly #pieces: readonly { readonly from: number; readonly piece: StatementPiece }[];

  constructor(pieces: readonly StatementPiece[]) {
    const values: ValuePiece[] = [];
    const placed = [];
    let text = "";
    for (const piece of pieces) {
      placed.push({ from: text.length, piece });
      text += piece.kind === "text" ? piece.text : `$${values.push(piece)}`;
    }
    this.text = text;
    this.values = values;
    this.#pieces = placed;
  }

  /** The place in the source of a range of the text. A range that begins in a parameter is that parameter's. */
  placeOf(start: number, length: number): SourcePlace {
    const { from, piece } = this.#pieces.findLast(({ from }) => from <= start) ?? this.#pieces[0]!;
    if (piece.kind === "value" || piece.offsets === undefined) return piece.place;
    const { offsets, place } = piece;
    const at = (index: number): number => offsets[index] ?? place.end;
    const first = start - from;
    const last = Math.min(first + length, offsets.length);
    return { path: place.path, start: at(first), end: Math.max(at(first), at(last - 1) + 1) };
  }
}

/** The index in UTF-16 code units of a PostgreSQL position, which counts characters from 1. */
export function indexOfPosition(text: string, position: number): number {
  let index = 0;
  for (let left = position - 1; left > 0 && index < text.length; left--)
    index += text.codePointAt(index)! > 0xffff ? 2 : 1;
  return index;
}

/** The length of the word, name, literal or sign at an index. */
export function tokenLengthAt(text: string, index: number): number {
  const token =
    /"(?:[^"]|"")*"|'(?:[^']|'')*'|\$?[\p{L}\p{N}_$]+(?:\.(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*))*|[<>=!+\-*/|&@#~^%:?]+|\S/uy;
  token.lastIndex = index;
  return token.exec(text)?.[0].length ?? 1;
}
