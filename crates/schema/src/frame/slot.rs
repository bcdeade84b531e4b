//! The slots of a frame.

/// The high half of a slot whose property is absent, and of one that is null: those of a NaN that no number is.
const ABSENT: u32 = 0xfff8_0001;
const NULL: u32 = 0xfff8_0002;
pub(crate) const ABSENT_SLOT: u64 = (ABSENT as u64) << 32;
pub(crate) const NULL_SLOT: u64 = (NULL as u64) << 32;

/// The document is not written as a frame: it is refused, or it crosses better as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unframed;

/// A slot of two integers; both must fit into 31 bits.
#[inline]
pub(crate) fn slot(low: usize, high: usize) -> Result<u64, Unframed> {
    const MAX: usize = i32::MAX as usize;
    if low > MAX || high > MAX {
        return Err(Unframed);
    }
    Ok(low as u64 | (high as u64) << 32)
}
