/** A range of a source file: offsets in UTF-16 code units. */
export interface SourcePlace {
  /** The absolute path, `/`-separated. */
  readonly path: string;
  readonly start: number;
  readonly end: number;
}
