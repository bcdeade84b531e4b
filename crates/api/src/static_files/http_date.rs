//! Conversion between file times and HTTP dates.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;

/// The whole seconds since 1970 of a time; earlier times count as 1970. HTTP dates have no fractions.
///
/// Source: RFC 9110, section 5.6.7.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Parses an HTTP date to seconds since 1970; `None` when the value is no HTTP date.
pub(crate) fn parse(value: &HeaderValue) -> Option<u64> {
    httpdate::parse_http_date(value.to_str().ok()?).ok().map(seconds)
}

/// Formats a time as an HTTP date; `None` beyond the year 9999.
pub(crate) fn format(time: SystemTime) -> Option<HeaderValue> {
    /// The last second of the year 9999.
    const LAST: u64 = 253_402_300_799;
    let whole = UNIX_EPOCH + Duration::from_secs(seconds(time).min(LAST));
    HeaderValue::try_from(httpdate::fmt_http_date(whole)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formatted_time_reads_back_without_its_fraction() {
        let time = UNIX_EPOCH + Duration::from_millis(784_111_777_900);
        let text = format(time).unwrap();
        assert_eq!(text, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(parse(&text), Some(784_111_777));
    }

    #[test]
    fn times_that_no_header_can_carry_are_bounded() {
        assert_eq!(format(UNIX_EPOCH - Duration::from_secs(9)).unwrap(), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert!(format(UNIX_EPOCH + Duration::from_secs(1 << 40)).is_some());
        assert_eq!(parse(&HeaderValue::from_static("yesterday")), None);
    }
}
