//! Fuzzing of the guard.

use crate::config::Limits;
use crate::guard::{Guard, Violation};

/// Feeds the guard the input after its first two bytes, which say where the rest is cut into pieces.
///
/// Panics when the guard's judgement depends on the pieces in which the bytes arrive.
pub fn guard(data: &[u8]) {
    let Some((&[cut, step], bytes)) = data.split_first_chunk::<2>() else { return };
    let limits = if step.is_multiple_of(2) { Limits::default() } else { tight() };
    let whole = follow(&limits, [bytes]);
    assert_eq!(whole, follow(&limits, bytes.chunks(1)), "byte by byte");
    assert_eq!(whole, follow(&limits, bytes.chunks(usize::from(step).max(1))), "in pieces of {step}");
    let (first, second) = bytes.split_at(usize::from(cut).min(bytes.len()));
    assert_eq!(whole, follow(&limits, [first, second]), "cut at {cut}");
}

fn tight() -> Limits {
    Limits {
        max_head_bytes: 256,
        max_headers: 3,
        max_chunk_extension_bytes: 4,
        max_trailer_bytes: 16,
        ..Limits::default()
    }
}

/// The number of bytes that pass, the violation that stops them, and whether a head would come next.
fn follow<'b>(
    limits: &Limits,
    pieces: impl IntoIterator<Item = &'b [u8]>,
) -> (usize, Option<Violation>, bool) {
    let mut guard = Guard::new(limits);
    let (mut passed, mut waiting) = (0, Vec::new());
    for piece in pieces {
        waiting.extend_from_slice(piece);
        let verdict = guard.judge(&waiting);
        assert!(verdict.good <= waiting.len());
        passed += verdict.good;
        waiting.drain(..verdict.good);
        if verdict.violation.is_some() {
            return (passed, verdict.violation, guard.expects_head());
        }
        assert!(waiting.is_empty() || guard.expects_head(), "only a head is waited for");
    }
    (passed, None, guard.expects_head())
}
