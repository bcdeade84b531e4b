/**
 * The parts a serializer is built from.
 *
 * A writer returns the JSON of one value, or `undefined` after noting a mismatch. `depth` counts the containers around
 * the value, itself included.
 */
export type Write = (value: unknown, depth: number) => string | undefined;

/** As deep as a request may be nested; no deeper value is written, so a cycle ends too. */
export const MAX_DEPTH = 128;

/** Gives the writer of a type in the arena. */
export type WriterOf = (type: number) => Write;
