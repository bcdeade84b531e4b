//! The binary form of messages and burials in the file.
//!
//! A message: version (1 byte), publication in nanoseconds since 1970 (8), then id, key and trace, each preceded by its
//! length (4), and the body. Version 2 is that of a message with a priority, which comes after the time (1): releases without
//! priorities can read a file in which nobody used any. All numbers are little endian; the greatest possible length marks an absent text.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use crate::provider::message::{Burial, DeadReason, NewMessage};

const VERSION: u8 = 1;
const VERSION_WITH_PRIORITY: u8 = 2;

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) key: Option<String>,
    pub(super) trace: Option<String>,
    pub(super) published_at: SystemTime,
    pub(super) body: Bytes,
}

/// A stored burial.
#[derive(Clone, Debug)]
pub(super) struct Grave {
    pub(super) attempts: u32,
    pub(super) buried_at: SystemTime,
    pub(super) burial: Burial,
}

/// Returns the bytes of a message.
pub(super) fn write_message(message: &NewMessage) -> Vec<u8> {
    let texts = [Some(&message.id), message.key.as_ref(), message.trace.as_ref()];
    let text_bytes: usize = texts.iter().flatten().map(|text| text.len()).sum();
    let mut bytes = Vec::with_capacity(10 + 3 * 4 + text_bytes + message.body.len());
    bytes.push(if message.priority == 0 { VERSION } else { VERSION_WITH_PRIORITY });
    bytes.extend(nanoseconds(message.published_at).to_le_bytes());
    if message.priority > 0 {
        bytes.push(message.priority);
    }
    for text in texts {
        write_text(&mut bytes, text.map(String::as_str));
    }
    bytes.extend_from_slice(&message.body);
    bytes
}

/// Reads a message from its bytes; `None` when they are not a message.
pub(super) fn read_message(mut bytes: &[u8]) -> Option<Record> {
    let (published_at, _) = read_message_head(&mut bytes)?;
    let id = read_text(&mut bytes)??;
    let key = read_text(&mut bytes)?;
    let trace = read_text(&mut bytes)?;
    Some(Record { id, key, trace, published_at, body: Bytes::copy_from_slice(bytes) })
}

/// Reads a message's time of publication and nothing else.
pub(super) fn read_published_at(mut bytes: &[u8]) -> Option<SystemTime> {
    Some(read_message_head(&mut bytes)?.0)
}

/// Reads a message's priority and nothing else.
pub(super) fn read_priority(mut bytes: &[u8]) -> Option<u8> {
    Some(read_message_head(&mut bytes)?.1)
}

/// Reads a message's key and nothing else. An outer `None` means that the bytes are not a message.
#[allow(clippy::option_option, reason = "the two say different things")]
pub(super) fn read_key(mut bytes: &[u8]) -> Option<Option<String>> {
    read_message_head(&mut bytes)?;
    read_text(&mut bytes)??;
    read_text(&mut bytes)
}

/// Returns the bytes of a burial.
pub(super) fn write_grave(grave: &Grave) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(nanoseconds(grave.buried_at).to_le_bytes());
    bytes.extend(grave.attempts.to_le_bytes());
    write_text(&mut bytes, Some(grave.burial.reason.name()));
    write_text(&mut bytes, Some(&grave.burial.error));
    write_text(&mut bytes, grave.burial.stack.as_deref());
    bytes
}

/// Reads a burial from its bytes; `None` when they are not a burial.
pub(super) fn read_grave(mut bytes: &[u8]) -> Option<Grave> {
    let buried_at = read_head(&mut bytes)?;
    let attempts = u32::from_le_bytes(take(&mut bytes)?);
    let reason = DeadReason::from_name(&read_text(&mut bytes)??)?;
    let error = read_text(&mut bytes)??;
    let stack = read_text(&mut bytes)?;
    Some(Grave { attempts, buried_at, burial: Burial { reason, error, stack } })
}

/// Returns a time in milliseconds since 1970; earlier times count as 1970.
pub(super) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Returns a future time in milliseconds, rounded up so that nothing is early.
pub(super) fn milliseconds_up(time: SystemTime) -> u64 {
    milliseconds(time.checked_add(Duration::from_nanos(999_999)).unwrap_or(time))
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn read_head(bytes: &mut &[u8]) -> Option<SystemTime> {
    let (version, at) = read_version(bytes)?;
    (version == VERSION).then_some(at)
}

/// Reads a message's time of publication and its priority.
fn read_message_head(bytes: &mut &[u8]) -> Option<(SystemTime, u8)> {
    let (version, at) = read_version(bytes)?;
    match version {
        VERSION => Some((at, 0)),
        VERSION_WITH_PRIORITY => take(bytes).map(|[priority]| (at, priority)),
        _ => None,
    }
}

fn read_version(bytes: &mut &[u8]) -> Option<(u8, SystemTime)> {
    let [version] = take(bytes)?;
    let at = u64::from_le_bytes(take(bytes)?);
    Some((version, UNIX_EPOCH.checked_add(Duration::from_nanos(at))?))
}

fn write_text(bytes: &mut Vec<u8>, text: Option<&str>) {
    let length = text.map_or(u32::MAX, |text| u32::try_from(text.len()).unwrap_or(u32::MAX - 1));
    bytes.extend(length.to_le_bytes());
    bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
}

/// Reads a text. An outer `None` means that no text could be read, an inner one that the text is absent.
#[allow(clippy::option_option, reason = "the two say different things, and both end at `?`")]
fn read_text(bytes: &mut &[u8]) -> Option<Option<String>> {
    let length = u32::from_le_bytes(take(bytes)?);
    if length == u32::MAX {
        return Some(None);
    }
    let (text, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(Some(std::str::from_utf8(text).ok()?.to_owned()))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_message_is_read_as_it_was_written(
            id in ".*", key in proptest::option::of(".*"), trace in proptest::option::of(".*"),
            at in any::<u64>(), priority in 0..=9_u8, body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let published_at = UNIX_EPOCH + Duration::from_nanos(at);
            let body = Bytes::from(body);
            let message = NewMessage {
                id: id.clone(), topic: "t".to_owned(), body: body.clone(), key: key.clone(), published_at,
                deliver_at: None, priority, dedupe: None, unique: None, trace: trace.clone(),
                unwanted_by: Vec::new(),
            };
            let bytes = write_message(&message);
            prop_assert_eq!(read_published_at(&bytes), Some(published_at));
            prop_assert_eq!(read_priority(&bytes), Some(priority));
            prop_assert_eq!(read_key(&bytes), Some(key.clone()));
            prop_assert_eq!(read_message(&bytes), Some(Record { id, key, trace, published_at, body }));
        }

        #[test]
        fn bytes_of_anything_else_are_refused_or_read_but_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let _ = read_message(&bytes);
            let _ = read_grave(&bytes);
        }

        #[test]
        fn a_burial_is_read_as_it_was_written(
            attempts in any::<u32>(), at in any::<u64>(), error in ".*", stack in proptest::option::of(".*"),
        ) {
            let buried_at = UNIX_EPOCH + Duration::from_nanos(at);
            let burial = Burial { reason: DeadReason::Misfit, error: error.clone(), stack: stack.clone() };
            let read = read_grave(&write_grave(&Grave { attempts, buried_at, burial })).expect("a burial");
            prop_assert_eq!((read.attempts, read.buried_at), (attempts, buried_at));
            prop_assert_eq!((read.burial.reason, read.burial.error, read.burial.stack), (DeadReason::Misfit, error, stack));
        }
    }

    #[test]
    fn a_time_to_come_is_never_early() {
        let time = UNIX_EPOCH + Duration::from_nanos(1_000_001);
        assert_eq!((milliseconds(time), milliseconds_up(time)), (1, 2));
        assert_eq!(milliseconds_up(UNIX_EPOCH + Duration::from_millis(5)), 5);
    }
}
