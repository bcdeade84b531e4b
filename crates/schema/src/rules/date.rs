//! Parsing of RFC 3339 timestamps to milliseconds since 1970, as `Date.parse` does.

/// Parses a timestamp such as `2026-02-28T23:59:59.123456+01:00`.
///
/// Every field is checked against its range: 29 February only in leap years, no hour 24, no leap second 60 (a `Date`
/// cannot hold one), offsets up to 23:59. `T` and `Z` may be lower case. A fraction may have any number of digits, of
/// which the first three count. Years are 0000 to 9999. None for anything else.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (stamp, rest) = bytes.split_at_checked(19)?;
    let separators = stamp[4] == b'-'
        && stamp[7] == b'-'
        && matches!(stamp[10], b'T' | b't')
        && stamp[13] == b':'
        && stamp[16] == b':';
    if !separators {
        return None;
    }
    let (year, month, day) = (digits(&stamp[..4])?, digits(&stamp[5..7])?, digits(&stamp[8..10])?);
    let (hour, minute, second) = (digits(&stamp[11..13])?, digits(&stamp[14..16])?, digits(&stamp[17..])?);
    let in_range = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 59;
    if !in_range {
        return None;
    }
    let (millisecond, zone) = fraction(rest)?;
    let seconds = ((days_before(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
        - offset_minutes(zone)? * 60;
    Some(seconds * 1000 + millisecond)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes
        .iter()
        .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

/// Parses an optional fraction `.123…` to milliseconds, and returns the rest.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some(tail) = bytes.strip_prefix(b".") else { return Some((0, bytes)) };
    let length = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (places, rest) = tail.split_at(length);
    let place = |index: usize| places.get(index).map_or(0, |digit| i64::from(digit - b'0'));
    (length > 0).then(|| (place(0) * 100 + place(1) * 10 + place(2), rest))
}

fn offset_minutes(zone: &[u8]) -> Option<i64> {
    match zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
            let size = (hours <= 23 && minutes <= 59).then_some(hours * 60 + minutes)?;
            Some(if *sign == b'-' { -size } else { size })
        }
        _ => None,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    const BEFORE_EPOCH: i64 = 719_528;
    // Leap days up to the start of `year`, counted from year 0, which is a leap year.
    let leaps = (year + 3).div_euclid(4) - (year + 99).div_euclid(100) + (year + 399).div_euclid(400);
    let months: i64 = (1..month).map(|earlier| days_in(year, earlier)).sum();
    year * 365 + leaps + months + day - 1 - BEFORE_EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_read_as_date_parse_reads_them() {
        // The right side was printed by `Date.parse` of Node 20.
        let table = [
            ("1970-01-01T00:00:00Z", 0),
            ("2020-01-01T00:00:00+23:59", 1_577_750_460_000),
            ("2020-01-01T00:00:00-23:59", 1_577_923_140_000),
            ("2020-01-01T00:00:00-00:00", 1_577_836_800_000),
            ("2020-01-01t00:00:00.5z", 1_577_836_800_500),
            ("2020-01-01T00:00:00.1239Z", 1_577_836_800_123),
            ("2020-01-01T00:00:00.12345678901234567890123Z", 1_577_836_800_123),
            ("1969-12-31T23:59:59.9999Z", -1),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("0000-02-29T00:00:00Z", -62_162_121_600_000),
            ("0001-01-01T00:00:00+23:59", -62_135_683_140_000),
            ("9999-12-31T23:59:59.999-23:59", 253_402_387_139_999),
        ];
        for (text, ms) in table {
            assert_eq!(parse(text), Some(ms), "{text}");
        }
    }

    #[test]
    fn what_is_out_of_range_or_of_another_form_is_refused() {
        let bad = [
            "",
            "2020-01-01",
            "2020-01-01T00:00Z",
            "2020-01-01T00:00:00",
            "2020-01-01 00:00:00Z",
            "2020-13-01T00:00:00Z",
            "2020-00-01T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2020-04-31T00:00:00Z",
            "2020-01-00T00:00:00Z",
            "2020-01-01T24:00:00Z",
            "2020-01-01T00:60:00Z",
            "2016-12-31T23:59:60Z",
            "2020-01-01T00:00:00.Z",
            "2020-01-01T00:00:00+24:00",
            "2020-01-01T00:00:00+0100",
            "2020-01-01T00:00:00+01:60",
            "2020-01-01T00:00:00+01",
            "+002020-01-01T00:00:00Z",
            "20-01-01T00:00:00Z",
            "2020-01-01T00:00:00Z ",
            " 2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00,5Z",
            "٢٠٢٠-01-01T00:00:00Z",
            "2020-01-01T00:00:00ZZ",
        ];
        for text in bad {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
