/**
 * The integers that frame a batch; `contract/frames.json` holds the same numbers for both languages.
 *
 * An inbox is `[items, bits, …]` with four integers per item: `kind | flags << 8 | target << 16`, id, aux, end of text.
 * `aux` of a job is the number of the component whose work it is.
 * An outbox has three per entry: `kind | segments << 8`, id, aux.
 */

/** The binding's interface number; addon and packages must agree on it. */
export const ABI = 7;

export const INBOX_HEAD = 2;
export const ITEM_INTS = 4;
export const OUTBOX_INTS = 3;

/** The id that no job has: calls after it in an outbox belong to no job. */
export const NO_JOB = -1;

export const InboxBit = { More: 1, HasWide: 2 } as const;

/** What an item asks this isolate to do. */
export const Kind = {
  Job: 1,
  Abort: 2,
  Completed: 3,
  Failed: 4,
  Log: 5,
  Credit: 6,
  Piece: 7,
} as const;

/** The forms of a piece of a job's input. */
export const PieceForm = { Text: 0, Blob: 1, End: 2, Broken: 3 } as const;

/** How an item's text is to be read: `Own` is no part of the batch's strings, and `Framed` is no text but a frame of values. */
export const Flag = { Wide: 1, Tagged: 2, Own: 4, Framed: 8 } as const;

/** Why an operation ended before this isolate answered. */
export const AbortReason = { Disconnected: 1, TimedOut: 2, Stopping: 3 } as const;

/** Outbox entry kinds, with their number of text segments in the second byte. */
export const Outgoing = {
  Reply: 0x101,
  ReplyWithHeaders: 0x202,
  ReplyWithBlob: 0x203,
  Fail: 0x104,
  Call: 0x105,
  Begin: 0x106,
  Piece: 0x107,
  End: 0x008,
  FailWithHeaders: 0x209,
  Pull: 0x00a,
  PieceBlob: 0x00b,
  Caller: 0x00c,
  CallerSpan: 0x10d,
  ReplyWithSplices: 0x20e,
  Release: 0x00f,
} as const;
