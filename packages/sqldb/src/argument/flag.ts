/** Bits of a call that say in which form the results of a statement arrive. */
export const Flag = {
  /** All values arrive as the text that the server prints. */
  Text: 1,
  BigintNumbers: 2,
  /** Each of several statements in one text has a result of its own. */
  AllResults: 4,
  /** Only the number of rows is returned, not the rows. */
  NoRows: 8,
  /** The text is used once: no prepared statement is kept for it. */
  Once: 16,
  /** Of the rows that stay in Rust, the first alone. */
  FirstRow: 32,
  /** This isolate reads `int8` as a bigint. */
  Bigints: 64,
} as const;
