//! What an isolate hands over at the end of a turn: answers and calls.

use bytes::Bytes;

use crate::call::Call;
use crate::frame::{FrameError, OUTBOX_INTS, Outgoing};
use crate::slot::{Reply, ReplyForm};

/// An outbox taken apart.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    pub(crate) replies: Vec<(u32, Reply)>,
    pub(crate) calls: Vec<Call>,
    pub(crate) steps: Vec<(u32, Step)>,
}

/// What an entry does to a stream, in the order of the outbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Begin { status: u16, headers: Bytes },
    Piece(Bytes),
    End { whole: bool },
}

/// Checks and decodes a whole outbox before any of it is applied.
pub(crate) fn decode(entries: &[i32], count: usize, text: &Bytes) -> Result<Decoded, FrameError> {
    let ints = count.checked_mul(OUTBOX_INTS).ok_or(FrameError::EntriesTooShort)?;
    let entries = entries.get(..ints).ok_or(FrameError::EntriesTooShort)?;
    let mut segments = Segments { text, from: 0 };
    let mut decoded = Decoded { replies: Vec::with_capacity(count), ..Decoded::default() };
    for entry in entries.chunks_exact(OUTBOX_INTS) {
        let (id, aux) = (entry[1].cast_unsigned(), entry[2].cast_unsigned());
        let kind = Outgoing::from_bits(entry[0])?;
        // A status that no 16 bits hold is no status; whoever sends the answer refuses it.
        let status = u16::try_from(aux).unwrap_or(0);
        let form = match kind {
            Outgoing::Call => {
                let (component, operation) = ((aux & 0xffff) as u16, (aux >> 16) as u16);
                decoded.calls.push(Call { id, component, operation, payload: segments.next()? });
                continue;
            }
            Outgoing::Begin => {
                decoded.steps.push((id, Step::Begin { status, headers: segments.next()? }));
                continue;
            }
            Outgoing::Piece => {
                decoded.steps.push((id, Step::Piece(segments.next()?)));
                continue;
            }
            Outgoing::End => {
                decoded.steps.push((id, Step::End { whole: aux == 0 }));
                continue;
            }
            Outgoing::Reply | Outgoing::ReplyWithHeaders => ReplyForm::Json,
            Outgoing::ReplyWithBlob => ReplyForm::Blob,
            Outgoing::Fail => ReplyForm::Error,
        };
        let has_headers = matches!(kind, Outgoing::ReplyWithHeaders | Outgoing::ReplyWithBlob);
        let headers = if has_headers { segments.next()? } else { Bytes::new() };
        decoded.replies.push((id, Reply { form, status, headers, body: segments.next()? }));
    }
    if segments.from == text.len() { Ok(decoded) } else { Err(FrameError::TextTooLong) }
}

/// The texts of an outbox, one after another, as slices of one allocation.
struct Segments<'a> {
    text: &'a Bytes,
    from: usize,
}

impl Segments<'_> {
    fn next(&mut self) -> Result<Bytes, FrameError> {
        let length = memchr::memchr(b'\n', &self.text[self.from..]).ok_or(FrameError::TextTooShort)?;
        let segment = self.text.slice(self.from..self.from + length);
        self.from += length + 1;
        Ok(segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPLY: i32 = 1 | (1 << 8);
    const CALL: i32 = 5 | (1 << 8);

    #[test]
    fn cuts_the_text_by_line_feeds() {
        let entries = [REPLY, 7, 200, CALL, 3, 2 | (9 << 16)];
        let decoded = decode(&entries, 2, &Bytes::from_static(b"{\"a\":1}\n[]\n")).unwrap();
        assert_eq!(decoded.replies[0].0, 7);
        assert_eq!(decoded.replies[0].1.status, 200);
        assert_eq!(decoded.replies[0].1.body, "{\"a\":1}");
        let call = Call { id: 3, component: 2, operation: 9, payload: Bytes::from_static(b"[]") };
        assert_eq!(decoded.calls, [call]);
    }

    #[test]
    fn the_steps_of_streams_keep_their_order() {
        let entries = [6 | (1 << 8), 7, 200, 7 | (1 << 8), 7, 0, 8, 7, 0, 8, 9, 1];
        let decoded = decode(&entries, 4, &Bytes::from_static(b"\n{}\n")).unwrap();
        let expected = [
            (7, Step::Begin { status: 200, headers: Bytes::new() }),
            (7, Step::Piece(Bytes::from_static(b"{}"))),
            (7, Step::End { whole: true }),
            (9, Step::End { whole: false }),
        ];
        assert_eq!(decoded.steps, expected);
    }

    #[test]
    fn refuses_what_does_not_add_up() {
        let text = Bytes::from_static(b"{}\n");
        assert_eq!(decode(&[REPLY, 0, 0], 2, &text).unwrap_err(), FrameError::EntriesTooShort);
        assert_eq!(decode(&[REPLY, 0, 0], usize::MAX, &text).unwrap_err(), FrameError::EntriesTooShort);
        assert_eq!(decode(&[99, 0, 0], 1, &text).unwrap_err(), FrameError::UnknownKind(99));
        assert_eq!(
            decode(&[1, 0, 0], 1, &text).unwrap_err(),
            FrameError::SegmentCount { kind: Outgoing::Reply, segments: 0 }
        );
        assert_eq!(decode(&[REPLY, 0, 0, REPLY, 1, 0], 2, &text).unwrap_err(), FrameError::TextTooShort);
        assert_eq!(decode(&[], 0, &text).unwrap_err(), FrameError::TextTooLong);
    }

    proptest! {
        #[test]
        fn never_panics_on_arbitrary_outboxes(entries in prop::collection::vec(any::<i32>(), 0..30), count in 0usize..12, text in any::<Vec<u8>>()) {
            let _ = decode(&entries, count, &Bytes::from(text));
        }
    }
}
