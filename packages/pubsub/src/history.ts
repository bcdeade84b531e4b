import { shownOption, type OptionReader } from "@twinloop/core-native/internal";
import type { Duration } from "@twinloop/core-native";
import { PubsubError } from "./error.ts";

/**
 * How much of its messages a topic keeps as its history, beside what waits in subscriptions.
 *
 * Example: `{ maxAge: "7d", maxBytes: 10 * 2 ** 30 }`
 */
export interface TopicHistory {
  /** The age up to which messages are kept at least, from 1 s. What is older is deleted in whole parts, and may be there longer. */
  readonly maxAge: Duration;
  /** The size in bytes, from 1 MiB, above which the oldest messages are deleted before their age. Default: the age alone counts. */
  readonly maxBytes?: number;
}

/**
 * A place in a topic's history: `"first"`, the oldest message that is there; `{ offset }`, a message by its place, counted from 0
 * since the history exists; `{ time }`, the first message that was published then or later, as a `Date` or its text in ISO 8601.
 */
export type ReplayFrom = "first" | { readonly offset: number } | { readonly time: Date | string };

/** The part of a topic's history that is replayed. */
export interface ReplayRange {
  /** Where the replay begins. */
  readonly from: ReplayFrom;
  /** The time of publication from which messages are left out. Default: the time of the call. */
  readonly until?: Date | string;
}

/** A topic's history in the form that Rust takes. */
export interface HistorySettings {
  /** Milliseconds. */
  readonly maxAgeMs: number;
  /** Bytes; `null` where the age alone counts. */
  readonly maxBytes: number | null;
}

/** A place in a history in the form that Rust takes; times are in milliseconds since 1970. */
export type WrittenFrom = "first" | { readonly offset: number } | { readonly timeMs: number };

const FORM = '"first", { offset: 0 } or { time: "2026-01-31T08:00Z" }';

/** Reads `history`; `null` where none is given, or a wrong one. */
export function historyOf(reader: OptionReader, given: TopicHistory | undefined): HistorySettings | null {
  if (typeof given !== "object" || given === null) return null;
  const maxAgeMs = reader.duration("history.maxAge", given.maxAge, undefined);
  const maxBytes = reader.whole("history.maxBytes", given.maxBytes, undefined) ?? null;
  if (given.maxAge === undefined) {
    reader.complain("history has no maxAge", 'Say how long messages are kept, such as { maxAge: "7d" }.');
  }
  return maxAgeMs === undefined ? null : { maxAgeMs, maxBytes };
}

/** Reads `from`, which the topic must have a history for; `null` where none is given, or a wrong one. */
export function fromOf(
  reader: OptionReader,
  given: ReplayFrom | undefined,
  ofTopic: { readonly history: HistorySettings | null } | undefined,
): WrittenFrom | null {
  if (given === undefined) return null;
  const from = writtenFrom(given);
  if (from === undefined) reader.complain(`from is ${shownPlace(given)}`, `Write ${FORM}.`);
  if (ofTopic !== undefined && ofTopic.history === null) {
    reader.complain(
      "it has from, and its topic keeps no history",
      'Give the topic `history`, such as { maxAge: "7d" }.',
    );
  }
  return from ?? null;
}

/** Encodes a range for Rust. Errors: `invalid_argument` for one that cannot be read. */
export function encodeRange({ from, until }: ReplayRange): { from: WrittenFrom; untilMs: number | null } {
  const place = writtenFrom(from);
  if (place === undefined) {
    throw new PubsubError("invalid_argument", `from is ${shownPlace(from)}: write ${FORM}`);
  }
  const untilMs = until === undefined ? null : timeOf(until);
  if (untilMs === undefined) {
    throw new PubsubError(
      "invalid_argument",
      `until is ${shownOption(until)}: write a Date, or a text such as "2026-01-31T08:00Z"`,
    );
  }
  return { from: place, untilMs };
}

/** Encodes a place for Rust; `undefined` for what is none. */
function writtenFrom(given: unknown): WrittenFrom | undefined {
  if (given === "first") return given;
  if (typeof given !== "object" || given === null) return undefined;
  const [[name, value] = [], ...more] = Object.entries(given);
  if (more.length > 0) return undefined;
  if (name === "offset") {
    return Number.isSafeInteger(value) && (value as number) >= 0 ? { offset: value as number } : undefined;
  }
  const timeMs = name === "time" ? timeOf(value) : undefined;
  return timeMs === undefined ? undefined : { timeMs };
}

/** A time in milliseconds since 1970; `undefined` for what is none. */
function timeOf(given: unknown): number | undefined {
  const isText = typeof given === "string" && /^\d{4}-\d\d-\d\d/.test(given);
  const ms = given instanceof Date || isText ? new Date(given as string).getTime() : Number.NaN;
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

/** A place as messages show it: what of it can be told. */
function shownPlace(given: unknown): string {
  if (typeof given !== "object" || given === null) return shownOption(given);
  const parts = Object.entries(given).map(
    ([name, value]) => `${name}: ${value instanceof Date ? "a Date" : shownOption(value)}`,
  );
  return parts.length === 0 ? "an empty object" : `{ ${parts.join(", ")} }`;
}
