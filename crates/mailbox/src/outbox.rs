//! The outbox that an isolate hands over at the end of a turn: answers and calls.

use bytes::Bytes;

use crate::call::Call;
use crate::frame::{FrameError, NO_JOB, OUTBOX_INTS, Outgoing};
use crate::slot::{Reply, ReplyForm};
use crate::splice::{OutboxStore, spliced};
use crate::stream::{StreamForm, StreamPiece};

/// A decoded outbox.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    /// Answers, each with the id of its job.
    pub(crate) replies: Vec<(u32, Reply)>,
    /// Operations that the isolate asks for. Their `caller` is not found yet.
    pub(crate) calls: Vec<Call>,
    /// Beginnings, pieces and ends of streamed answers, and credits for feeds, each with the id of its job.
    pub(crate) steps: Vec<(u32, StreamStep)>,
}

/// The effect of an entry on a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StreamStep {
    Begin { status: u16, headers: Bytes },
    Piece(StreamPiece),
    End { whole: bool },
    Pull(i32),
}

/// Checks and decodes a whole outbox before any of it is applied. `stored` has what its entries name by number.
pub(crate) fn decode(
    entries: &[i32],
    count: usize,
    text: &Bytes,
    mut stored: impl OutboxStore,
) -> Result<Decoded, FrameError> {
    let ints = count.checked_mul(OUTBOX_INTS).ok_or(FrameError::EntriesTooShort)?;
    let entries = entries.get(..ints).ok_or(FrameError::EntriesTooShort)?;
    let mut segments = Segments { text, from: 0 };
    let (mut job, mut span) = (NO_JOB, None);
    let mut decoded = Decoded { replies: Vec::with_capacity(count), ..Decoded::default() };
    for entry in entries.chunks_exact(OUTBOX_INTS) {
        let (id, aux) = (entry[1].cast_unsigned(), entry[2].cast_unsigned());
        let kind = Outgoing::from_bits(entry[0])?;
        // A status beyond 16 bits becomes 0, which the sender of the answer refuses.
        let status = u16::try_from(aux).unwrap_or(0);
        let form = match kind {
            Outgoing::Call => {
                let (component, operation) = ((aux & 0xffff) as u16, (aux >> 16) as u16);
                let (payload, span) = (segments.next()?, span.clone());
                decoded.calls.push(Call { id, component, operation, payload, job, caller: None, span });
                continue;
            }
            Outgoing::Caller | Outgoing::CallerSpan => {
                job = id;
                span = if kind == Outgoing::CallerSpan { Some(segments.next()?) } else { None };
                continue;
            }
            Outgoing::Begin => {
                decoded.steps.push((id, StreamStep::Begin { status, headers: segments.next()? }));
                continue;
            }
            Outgoing::Piece => {
                let form = if aux == 0 { StreamForm::Text } else { StreamForm::Control };
                let piece = StreamPiece { form, bytes: segments.next()? };
                decoded.steps.push((id, StreamStep::Piece(piece)));
                continue;
            }
            Outgoing::End => {
                decoded.steps.push((id, StreamStep::End { whole: aux == 0 }));
                continue;
            }
            Outgoing::PieceBlob => {
                let piece = StreamPiece { form: StreamForm::Blob, bytes: blob(&mut stored, aux)? };
                decoded.steps.push((id, StreamStep::Piece(piece)));
                continue;
            }
            Outgoing::Pull => {
                decoded.steps.push((id, StreamStep::Pull(entry[2])));
                continue;
            }
            Outgoing::Release => {
                stored.release(id);
                continue;
            }
            Outgoing::Reply | Outgoing::ReplyWithHeaders | Outgoing::ReplyWithSplices => ReplyForm::Json,
            Outgoing::ReplyWithBlob => ReplyForm::Blob,
            Outgoing::Fail | Outgoing::FailWithHeaders => ReplyForm::Error,
        };
        let headers = if has_headers(kind) { segments.next()? } else { Bytes::new() };
        let segment = segments.next()?;
        let body = match kind {
            Outgoing::ReplyWithBlob => blob(&mut stored, number_in(&segment))?,
            Outgoing::ReplyWithSplices => spliced(&segment, &mut stored)?,
            _ => segment,
        };
        decoded.replies.push((id, Reply { form, status, headers, body }));
    }
    if segments.from == text.len() { Ok(decoded) } else { Err(FrameError::TextTooLong) }
}

fn has_headers(kind: Outgoing) -> bool {
    use Outgoing::{FailWithHeaders, ReplyWithBlob, ReplyWithHeaders, ReplyWithSplices};
    matches!(kind, ReplyWithHeaders | ReplyWithBlob | FailWithHeaders | ReplyWithSplices)
}

fn blob(stored: &mut impl OutboxStore, number: u32) -> Result<Bytes, FrameError> {
    stored.take_blob(number).ok_or(FrameError::UnknownBlob(number))
}

/// The blob's number that a segment holds; what is no number is 0, which no blob has.
fn number_in(segment: &[u8]) -> u32 {
    std::str::from_utf8(segment).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
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

    fn nothing(_: u32) -> Option<Bytes> {
        None
    }

    const REPLY: i32 = 1 | (1 << 8);
    const CALL: i32 = 5 | (1 << 8);

    #[test]
    fn cuts_the_text_by_line_feeds() {
        let entries = [REPLY, 7, 200, CALL, 3, 2 | (9 << 16)];
        let decoded = decode(&entries, 2, &Bytes::from_static(b"{\"a\":1}\n[]\n"), nothing).unwrap();
        assert_eq!(decoded.replies[0].0, 7);
        assert_eq!(decoded.replies[0].1.status, 200);
        assert_eq!(decoded.replies[0].1.body, "{\"a\":1}");
        let [Call { id: 3, component: 2, operation: 9, payload, job: NO_JOB, span: None, .. }] =
            &decoded.calls[..]
        else {
            panic!("{:?}", decoded.calls);
        };
        assert_eq!(payload, "[]");
    }

    #[test]
    fn a_caller_holds_for_the_calls_after_it_until_the_next() {
        let none = NO_JOB.cast_signed();
        let (caller, span) = (12, 0x10d);
        let call = |id| [CALL, id, 0];
        let entries = [
            call(1),
            [caller, 7, 0],
            call(2),
            call(3),
            [span, 8, 0],
            call(4),
            [REPLY, 8, 200],
            call(5),
            [caller, 8, 0],
            call(6),
            [span, none, 0],
            call(7),
            [caller, none, 0],
            call(8),
        ];
        let text = Bytes::from_static(b"\n\n\n00-a-b-01\n\n{}\n\n\n00-c-d-00\n\n\n");
        let decoded = decode(entries.as_flattened(), entries.len(), &text, nothing).unwrap();
        let read: Vec<_> =
            decoded.calls.iter().map(|call| (call.id, call.job, call.span.as_deref())).collect();
        let [inner, outer] = [Some(&b"00-a-b-01"[..]), Some(&b"00-c-d-00"[..])];
        let expected = [
            (1, NO_JOB, None),
            (2, 7, None),
            (3, 7, None),
            (4, 8, inner),
            (5, 8, inner),
            (6, 8, None),
            (7, NO_JOB, outer),
            (8, NO_JOB, None),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_failure_may_carry_headers() {
        let entries = [9 | (2 << 8), 7, 429];
        let decoded = decode(&entries, 1, &Bytes::from_static(b"[[\"a\",\"b\"]]\n{}\n"), nothing).unwrap();
        let reply = &decoded.replies[0].1;
        assert_eq!((reply.form, reply.status), (ReplyForm::Error, 429));
        assert_eq!((&reply.headers[..], &reply.body[..]), (&b"[[\"a\",\"b\"]]"[..], &b"{}"[..]));
    }

    #[test]
    fn the_steps_of_streams_keep_their_order() {
        let entries = [6 | (1 << 8), 7, 200, 7 | (1 << 8), 7, 0, 8, 7, 0, 8, 9, 1];
        let decoded = decode(&entries, 4, &Bytes::from_static(b"\n{}\n"), nothing).unwrap();
        let expected = [
            (7, StreamStep::Begin { status: 200, headers: Bytes::new() }),
            (7, StreamStep::Piece(StreamPiece { form: StreamForm::Text, bytes: Bytes::from_static(b"{}") })),
            (7, StreamStep::End { whole: true }),
            (9, StreamStep::End { whole: false }),
        ];
        assert_eq!(decoded.steps, expected);
    }

    #[test]
    fn blobs_are_taken_by_their_numbers_and_credits_keep_their_order() {
        let mut stored = vec![Bytes::from_static(b"\n\0"), Bytes::from_static(b"two")];
        let take = |number: u32| (number == 5).then(|| stored.pop()).flatten();
        let entries = [10, 7, 3, 11, 7, 5, 7 | (1 << 8), 7, 1, 3 | (2 << 8), 8, 201];
        let decoded = decode(&entries, 4, &Bytes::from_static(b"x\n[]\n5\n"), take).unwrap();
        let piece = |form, bytes| StreamStep::Piece(StreamPiece { form, bytes: Bytes::from_static(bytes) });
        let expected = [
            (7, StreamStep::Pull(3)),
            (7, piece(StreamForm::Blob, b"two")),
            (7, piece(StreamForm::Control, b"x")),
        ];
        assert_eq!(decoded.steps, expected);
        assert_eq!(
            (decoded.replies[0].1.form, &decoded.replies[0].1.body[..]),
            (ReplyForm::Blob, &b"\n\0"[..])
        );
        for (entry, text) in [([11, 7, 6], ""), ([3 | (2 << 8), 7, 200], "\nnone\n")] {
            let refused = decode(&entry, 1, &Bytes::from_static(text.as_bytes()), nothing);
            assert!(matches!(refused, Err(FrameError::UnknownBlob(_))), "{refused:?}");
        }
    }

    #[test]
    fn refuses_what_does_not_add_up() {
        let text = Bytes::from_static(b"{}\n");
        assert_eq!(decode(&[REPLY, 0, 0], 2, &text, nothing).unwrap_err(), FrameError::EntriesTooShort);
        assert_eq!(
            decode(&[REPLY, 0, 0], usize::MAX, &text, nothing).unwrap_err(),
            FrameError::EntriesTooShort
        );
        assert_eq!(decode(&[99, 0, 0], 1, &text, nothing).unwrap_err(), FrameError::UnknownKind(99));
        assert_eq!(
            decode(&[1, 0, 0], 1, &text, nothing).unwrap_err(),
            FrameError::SegmentCount { kind: Outgoing::Reply, segments: 0 }
        );
        assert_eq!(
            decode(&[REPLY, 0, 0, REPLY, 1, 0], 2, &text, nothing).unwrap_err(),
            FrameError::TextTooShort
        );
        assert_eq!(decode(&[], 0, &text, nothing).unwrap_err(), FrameError::TextTooLong);
    }

    proptest! {
        #[test]
        fn never_panics_on_arbitrary_outboxes(entries in prop::collection::vec(any::<i32>(), 0..30), count in 0usize..12, text in any::<Vec<u8>>()) {
            let _ = decode(&entries, count, &Bytes::from(text), |_: u32| Some(Bytes::new()));
        }
    }
}
