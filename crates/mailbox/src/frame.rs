//! The integers that frame a batch, in both directions. `contract/frames.json` holds the same numbers for both languages.

use std::fmt;

/// Integers per item in the inbox: `kind | flags << 8 | target << 16`, id, aux, end offset of the item's text.
pub const ITEM_INTS: usize = 4;

/// Integers per entry in the outbox: `kind | segments << 8`, id, aux.
pub const OUTBOX_INTS: usize = 3;

/// The id that no job has, by which an isolate says that its next calls belong to none.
pub const NO_JOB: u32 = u32::MAX;

/// The kind of an item: what the isolate is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Do the work `target` of the component `aux`, and answer; the text is its input.
    Job = 1,
    /// The operation `id` is over without the isolate; `aux` is an [`AbortReason`].
    Abort = 2,
    /// The call `id` that the isolate made has succeeded; the text is its result.
    Completed = 3,
    /// The call `id` that the isolate made has failed; the text is the error.
    Failed = 4,
    /// Print the text through the isolate's logger; `aux` is the level.
    Log = 5,
    /// The stream `id` has room again: `aux` more of its pieces have left.
    Credit = 6,
    /// A piece of the input of job `id`; `aux` is a [`PieceForm`].
    Piece = 7,
}

/// The form of a piece of a job's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PieceForm {
    /// The text of the item is the piece.
    Text = 0,
    /// The text of the item is the decimal number of the blob that is the piece.
    Blob = 1,
    /// The input is complete; no text.
    End = 2,
    /// The input broke off; the text says why, in the words of whoever fed it.
    Broken = 3,
}

/// How the text of an item is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// The text lies in the batch's wide string, not in its one-byte string.
    Wide = 1,
    /// Dates, big integers and bytes are marked inside strings.
    Tagged = 2,
    /// The text is in no string of the batch: it is taken by its place among such items. The item has its length in bytes.
    Own = 4,
    /// The text is a frame of values, which a reader made for its type turns into them.
    Framed = 8,
}

/// The reason why an operation ended before the isolate answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AbortReason {
    /// The caller went away (the client closed its connection).
    Disconnected = 1,
    /// The operation's own time limit passed.
    TimedOut = 2,
    /// The app is stopping, and its streams end with it.
    Stopping = 3,
}

/// The kind of an outbox entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outgoing {
    /// Answers `id` with status `aux`; one segment, the body.
    Reply = 1,
    /// Answers `id` with status `aux`; two segments, headers as JSON and the body.
    ReplyWithHeaders = 2,
    /// Answers `id` with status `aux`; two segments, headers as JSON and the number of a blob.
    ReplyWithBlob = 3,
    /// Fails `id` with status `aux`; one segment, the error as JSON.
    Fail = 4,
    /// Calls operation `aux` (component in the low 16 bits); one segment, its arguments. `id` is the isolate's.
    Call = 5,
    /// Answers `id` piece by piece with status `aux`; one segment, headers as JSON. From here on it has no time limit and
    /// counts no more against the bound.
    Begin = 6,
    /// One piece of the stream `id`; one segment.
    Piece = 7,
    /// The stream `id` is over, as it should be with `aux` 0, broken off otherwise; no segment.
    End = 8,
    /// Fails `id` with status `aux`; two segments, headers as JSON and the error as JSON.
    FailWithHeaders = 9,
    /// Job `id` takes `aux` more pieces of its input; no segment.
    Pull = 10,
    /// One piece of the stream `id`: the blob with the number `aux`; no segment.
    PieceBlob = 11,
    /// The calls after this entry, up to the next of its kind or the end of the outbox, are made by job `id`; no segment.
    Caller = 12,
    /// As [`Caller`](Self::Caller); one segment, the `traceparent` of the span within the job that makes the calls.
    CallerSpan = 13,
    /// Answers `id` with status `aux`; two segments, headers as JSON (or nothing) and a body in which marks stand for results that
    /// the isolate has not opened ([`OutboxStore::splice`](crate::OutboxStore::splice)).
    ReplyWithSplices = 14,
    /// The isolate needs the unopened result `id` no more; no segment.
    Release = 15,
}

impl Outgoing {
    pub(crate) fn from_bits(bits: i32) -> Result<Self, FrameError> {
        let segments = (bits >> 8) & 0xff;
        let (kind, expected) = match bits & 0xff {
            1 => (Self::Reply, 1),
            2 => (Self::ReplyWithHeaders, 2),
            3 => (Self::ReplyWithBlob, 2),
            4 => (Self::Fail, 1),
            5 => (Self::Call, 1),
            6 => (Self::Begin, 1),
            7 => (Self::Piece, 1),
            8 => (Self::End, 0),
            9 => (Self::FailWithHeaders, 2),
            10 => (Self::Pull, 0),
            11 => (Self::PieceBlob, 0),
            12 => (Self::Caller, 0),
            13 => (Self::CallerSpan, 1),
            14 => (Self::ReplyWithSplices, 2),
            15 => (Self::Release, 0),
            other => return Err(FrameError::UnknownKind(other)),
        };
        if segments == expected { Ok(kind) } else { Err(FrameError::SegmentCount { kind, segments }) }
    }
}

/// An outbox that does not follow the protocol. The port that sent it is closed; the process goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The entry kind is not one of [`Outgoing`].
    UnknownKind(i32),
    /// The entry announces another number of text segments than its kind has.
    SegmentCount {
        /// The kind of the entry.
        kind: Outgoing,
        /// The number of segments that the entry announces.
        segments: i32,
    },
    /// The text ended before all announced segments were read.
    TextTooShort,
    /// Text was left over after the last entry.
    TextTooLong,
    /// The entry names a blob that was never stored, or is taken already.
    UnknownBlob(u32),
    /// A mark in an answer names an unopened result that is not there, or is not readable as a mark.
    UnknownSplice(u32),
    /// The entry array is shorter than the announced number of entries.
    EntriesTooShort,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind(kind) => write!(f, "outbox entry of unknown kind {kind}"),
            Self::SegmentCount { kind, segments } => {
                write!(f, "{kind:?} entry announces {segments} text segments")
            }
            Self::TextTooShort => f.write_str("outbox text ends before its last entry"),
            Self::TextTooLong => f.write_str("outbox text goes on after its last entry"),
            Self::UnknownBlob(number) => {
                write!(f, "outbox entry names the blob {number}, which does not exist")
            }
            Self::UnknownSplice(number) => {
                write!(f, "an answer is to be spliced with the result {number}, which does not exist")
            }
            Self::EntriesTooShort => f.write_str("outbox announces more entries than it holds"),
        }
    }
}

impl std::error::Error for FrameError {}
