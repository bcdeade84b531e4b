//! The integers that frame a batch, in both directions. `contract/frames.json` holds the same numbers for both languages.

use std::fmt;

/// Integers per item in the inbox: `kind | flags << 8 | target << 16`, id, aux, end offset of the item's text.
pub const ITEM_INTS: usize = 4;

/// Integers per entry in the outbox: `kind | segments << 8`, id, aux.
pub const OUTBOX_INTS: usize = 3;

/// What an item asks the isolate to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Run the endpoint `target`; the text is its validated request.
    Request = 1,
    /// The operation `id` is over without the isolate; `aux` is an [`AbortReason`].
    Abort = 2,
    /// The call `id` that the isolate made has succeeded; the text is its result.
    Completed = 3,
    /// The call `id` that the isolate made has failed; the text is the error.
    Failed = 4,
    /// Run the subscription `target`; the text is the message.
    Message = 5,
    /// Run the job `target`.
    Tick = 6,
    /// A piece of the stream `id`.
    Chunk = 7,
    /// A batch of rows for the query `id`.
    Rows = 8,
    /// Print the text through the isolate's logger; `aux` is the level.
    Log = 9,
    /// The stream `id` has room again: `aux` more of its pieces have left.
    Credit = 10,
}

impl Kind {
    /// Whether jobs of this kind count against [`Limits::max_in_flight`](crate::Limits::max_in_flight).
    ///
    /// Requests come unasked and are bounded here. Messages and ticks are pulled, bounded by whoever pulls them; counted
    /// together, slow message handlers would keep requests out.
    pub fn is_counted(self) -> bool {
        self == Self::Request
    }
}

/// How the text of an item is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// The text lies in the batch's wide string, not in its one-byte string.
    Wide = 1,
    /// Dates, big integers and bytes are marked inside strings.
    Tagged = 2,
}

/// Why an operation ended before the isolate answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AbortReason {
    /// Whoever waited went away (the client closed its connection).
    Disconnected = 1,
    /// The operation's own time limit passed.
    TimedOut = 2,
    /// The app stops, and its streams end with it.
    Stopping = 3,
}

/// What an outbox entry says.
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
        /// What the entry is.
        kind: Outgoing,
        /// What it announced.
        segments: i32,
    },
    /// The text ended before all announced segments were read.
    TextTooShort,
    /// Text was left over after the last entry.
    TextTooLong,
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
            Self::EntriesTooShort => f.write_str("outbox announces more entries than it holds"),
        }
    }
}

impl std::error::Error for FrameError {}
