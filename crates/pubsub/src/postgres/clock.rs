//! Times on their way to the server, whose clock decides.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Microseconds of a duration.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// How far ahead a time is by this process's clock, in microseconds; what has passed is now. The server adds it to its own.
pub(crate) fn ahead(time: SystemTime) -> i64 {
    time.duration_since(SystemTime::now()).map_or(0, micros)
}

/// Microseconds since 1970.
pub(crate) fn since_epoch(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, micros)
}

/// The time of microseconds since 1970.
pub(crate) fn from_epoch(micros: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
