/**
 * The app's logger, as default export and as one function for each level: `import log from "@twinloop/core-native/log"`.
 *
 * @packageDocumentation
 */
import { log, type Fields, type LogMethod } from "./log.ts";

export type { Logger } from "./log.ts";
export type { Level as LogLevel } from "./log-line.ts";
/** Named values that a line carries beside its message. */
export type FieldsObject = Fields;
/** A value that a line carries: anything, shown as JSON can. */
export type FieldValue = unknown;

export default log;
/** Writes a line of level `trace`. */
export const trace: LogMethod = log.trace;
/** Writes a line of level `debug`. */
export const debug: LogMethod = log.debug;
/** Writes a line of level `info`. */
export const info: LogMethod = log.info;
/** Writes a line of level `warn`. */
export const warn: LogMethod = log.warn;
/** Writes a line of level `error`. */
export const error: LogMethod = log.error;
