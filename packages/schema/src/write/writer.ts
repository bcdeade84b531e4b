/**
 * Writes one value as JSON, or notes a mismatch and returns `undefined`. `depth` counts the containers around the
 * value, including the value itself.
 */
export type Write = (value: unknown, depth: number) => string | undefined;

/** The greatest depth of a value that is written, the same as a request's; it also stops cycles. */
export const MAX_DEPTH = 128;

/** Returns the writer of a type in the arena. */
export type WriterOf = (type: number) => Write;
