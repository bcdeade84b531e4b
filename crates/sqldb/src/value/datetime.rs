//! Timestamps: microseconds since 2000-01-01 in binary, ISO 8601 with PostgreSQL's spelling as text.

use std::borrow::Cow;
use std::io::Write;

use super::cursor::{Cursor, Malformed};

const DAY_US: i64 = 86_400_000_000;
/// Milliseconds from 1970-01-01 to 2000-01-01.
const EPOCH_MS: i64 = 946_684_800_000;

/// A point in time in milliseconds since 1970, or an infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instant {
    Ms(i64),
    Infinity,
    MinusInfinity,
}

impl Instant {
    /// Appends the instant as a JSON number; infinities are `±1e999`, which JavaScript reads as infinite.
    pub(super) fn write_json(self, out: &mut Vec<u8>) {
        match self {
            Self::Ms(ms) => out.extend_from_slice(itoa::Buffer::new().format(ms).as_bytes()),
            Self::Infinity => out.extend_from_slice(b"1e999"),
            Self::MinusInfinity => out.extend_from_slice(b"-1e999"),
        }
    }
}

/// Converts microseconds since 2000 to whole milliseconds since 1970, rounded down.
pub(super) fn to_instant(value: &[u8]) -> Result<Instant, Malformed> {
    Ok(match Cursor(value).i64()? {
        i64::MAX => Instant::Infinity,
        i64::MIN => Instant::MinusInfinity,
        us => Instant::Ms(us.div_euclid(1000) + EPOCH_MS),
    })
}

/// Appends a timestamp such as `2024-05-06 07:08:09.1`, followed by `zone`: `+00` for timestamptz, which is written in UTC.
pub(crate) fn write_timestamp(value: &[u8], zone: &str, out: &mut Vec<u8>) -> Result<(), Malformed> {
    match Cursor(value).i64()? {
        i64::MAX => out.extend_from_slice(b"infinity"),
        i64::MIN => out.extend_from_slice(b"-infinity"),
        us => {
            let era = write_day(us.div_euclid(DAY_US), out);
            out.push(b' ');
            write_clock(us.rem_euclid(DAY_US), out);
            out.extend_from_slice(zone.as_bytes());
            out.extend_from_slice(era);
        }
    }
    Ok(())
}

fn write_clock(us: i64, out: &mut Vec<u8>) {
    put(
        out,
        format_args!("{:02}:{:02}:{:02}", us / 3_600_000_000, us / 60_000_000 % 60, us / 1_000_000 % 60),
    );
    let fraction = us % 1_000_000;
    if fraction != 0 {
        put(out, format_args!(".{fraction:06}"));
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

/// Days in 400 years of the proleptic Gregorian calendar.
const ERA_DAYS: i64 = 146_097;
const DAYS_TO_2000_03_01: i64 = 60;
const DAYS_1970_TO_2000: i64 = 10_957;

/// Appends a date, given in days since 2000-01-01, and returns the suffix of the whole value: ` BC` before the year 1.
fn write_day(days_since_2000: i64, out: &mut Vec<u8>) -> &'static [u8] {
    let (year, month, date) = date_of(days_since_2000);
    let (shown, suffix): (i64, &[u8]) = if year > 0 { (year, b"") } else { (1 - year, b" BC") };
    put(out, format_args!("{shown:04}-{month:02}-{date:02}"));
    suffix
}

/// The year, month and day of a date, given in days since 2000-01-01; the year before 1 is year 0.
fn date_of(days_since_2000: i64) -> (i64, i64, i64) {
    let day = days_since_2000 - DAYS_TO_2000_03_01;
    let era = day.div_euclid(ERA_DAYS);
    let of_era = day.rem_euclid(ERA_DAYS);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (2000 + era * 400 + year_of_era + i64::from(month <= 2), month, date)
}

/// Appends an instant of the years 0 to 9999, in milliseconds since 1970, as JavaScript writes a `Date`:
/// `2024-05-06T07:08:09.100Z`.
pub(super) fn write_iso(ms: i64, out: &mut Vec<u8>) {
    const DAY_MS: i64 = 86_400_000;
    let (year, month, date) = date_of(ms.div_euclid(DAY_MS) - DAYS_1970_TO_2000);
    let of_day = ms.rem_euclid(DAY_MS);
    let parts = [
        (year, 4, b'-'),
        (month, 2, b'-'),
        (date, 2, b'T'),
        (of_day / 3_600_000, 2, b':'),
        (of_day / 60_000 % 60, 2, b':'),
        (of_day / 1000 % 60, 2, b'.'),
        (of_day % 1000, 3, b'Z'),
    ];
    for (number, width, after) in parts {
        write_padded(number, width, out);
        out.push(after);
    }
}

/// Appends a number that is not negative, with leading zeros.
fn write_padded(mut number: i64, width: usize, out: &mut Vec<u8>) {
    let from = out.len();
    out.resize(from + width, b'0');
    for digit in out[from..].iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

/// Days from 1970-01-01 to a date; the year before 1 is year 0.
fn days_since_1970(year: i64, month: i64, date: i64) -> i64 {
    let year = year - 2000 - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * month_from_march + 2) / 5 + date - 1;
    let day = era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    day + DAYS_TO_2000_03_01 + DAYS_1970_TO_2000
}

/// Parses a timestamp in the server's text form with `DateStyle` ISO; `None` for another style.
pub(super) fn read_instant(text: &[u8]) -> Option<Instant> {
    match text {
        b"infinity" => return Some(Instant::Infinity),
        b"-infinity" => return Some(Instant::MinusInfinity),
        _ => {}
    }
    let text = std::str::from_utf8(text).ok()?;
    let (text, is_before_christ) = text.strip_suffix(" BC").map_or((text, false), |rest| (rest, true));
    let (day, time) = text.split_once(' ')?;
    let mut day = day.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, date) = (day.next()??, day.next()??, day.next()??);
    let year = if is_before_christ { 1 - year } else { year };
    let zone_at = time.find(['+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let east = if let Some(west) = zone.strip_prefix('-') {
        -seconds(west)?
    } else {
        zone.strip_prefix('+').map_or(Some(0), seconds)?
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let ms = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?;
    let days = days_since_1970(year, month, date);
    Some(Instant::Ms((days * 86_400 + seconds(whole)? - east) * 1000 + ms))
}

/// Parses an offset `01`, `01:02` or `01:02:03` to seconds.
fn seconds(clock: &str) -> Option<i64> {
    let mut sum = 0;
    for (part, unit) in clock.split(':').zip([3600, 60, 1]) {
        sum += part.parse::<i64>().ok()? * unit;
    }
    Some(sum)
}

/// Converts JavaScript's ISO form to PostgreSQL's: years before 1 and after 9999 are spelled differently.
pub(crate) fn to_server_text(text: &str) -> Cow<'_, str> {
    match expanded_year(text) {
        // Year 0 of ISO 8601 is the year 1 BC.
        Some(('-', year, rest)) => Cow::Owned(format!("{:04}{rest} BC", year + 1)),
        Some((_, year, rest)) => Cow::Owned(format!("{year:04}{rest}")),
        None if text.starts_with("0000-") => Cow::Owned(format!("0001{} BC", &text[4..])),
        None => Cow::Borrowed(text),
    }
}

/// Splits an expanded year (a sign and six digits), as in `+012345-…` and `-000043-…`.
fn expanded_year(text: &str) -> Option<(char, i64, &str)> {
    let sign = text.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
    let year = text.get(1..7).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?;
    let rest = text.get(7..).filter(|rest| rest.starts_with('-'))?;
    Some((sign, year.parse().ok()?, rest))
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn years_that_javascript_spells_with_a_sign_are_spelled_as_the_server_does() {
        assert_eq!(to_server_text("-000043-03-15T00:00:00.000Z"), "0044-03-15T00:00:00.000Z BC");
        assert_eq!(to_server_text("0000-01-01T00:00:00.000Z"), "0001-01-01T00:00:00.000Z BC");
        assert_eq!(to_server_text("+012345-01-02T00:00:00.000Z"), "12345-01-02T00:00:00.000Z");
        assert_eq!(to_server_text("2024-01-02"), "2024-01-02");
        assert_eq!(to_server_text("-1"), "-1");
    }

    proptest! {
        #[test]
        fn an_instant_that_is_written_reads_back_as_itself(us in -200_000_000_000_000_000_i64..9_000_000_000_000_000_000) {
            let value = us.to_be_bytes();
            let mut text = Vec::new();
            write_timestamp(&value, "+00", &mut text).unwrap();
            prop_assert_eq!(read_instant(&text), to_instant(&value).ok());
        }
    }
}
