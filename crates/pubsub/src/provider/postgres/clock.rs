//! Times as they are sent to the server, whose clock decides.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns a duration in microseconds.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Returns how far in the future a time is by this process's clock, in microseconds; 0 for a past time. The server adds it
/// to its own time.
pub(crate) fn ahead(time: SystemTime) -> i64 {
    time.duration_since(SystemTime::now()).map_or(0, micros)
}

/// Returns a time in microseconds since 1970.
pub(crate) fn since_epoch(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, micros)
}

/// Returns the time that lies this many microseconds after 1970.
pub(crate) fn from_epoch(micros: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
