//! Dates and times: microseconds or days since 2000-01-01, as text in ISO 8601 with PostgreSQL's spelling.

use std::io::Write;

use super::cursor::{Cursor, Malformed};

const DAY_US: i64 = 86_400_000_000;
/// Milliseconds from 1970-01-01 to 2000-01-01.
const EPOCH_MS: i64 = 946_684_800_000;

/// A point in time as the isolate counts it; infinity has no number.
pub(super) enum Instant {
    Ms(i64),
    Infinity,
    MinusInfinity,
}

/// Microseconds since 2000 as whole milliseconds since 1970, rounded down.
pub(super) fn to_instant(value: &[u8]) -> Result<Instant, Malformed> {
    Ok(match Cursor(value).i64()? {
        i64::MAX => Instant::Infinity,
        i64::MIN => Instant::MinusInfinity,
        us => Instant::Ms(us.div_euclid(1000) + EPOCH_MS),
    })
}

pub(super) fn write_date(value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    match Cursor(value).i32()? {
        i32::MAX => out.extend_from_slice(b"infinity"),
        i32::MIN => out.extend_from_slice(b"-infinity"),
        days => {
            let era = write_day(i64::from(days), out);
            out.extend_from_slice(era);
        }
    }
    Ok(())
}

pub(super) fn write_time(value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    write_clock(Cursor(value).i64()?, out);
    Ok(())
}

pub(super) fn write_time_tz(value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut cursor = Cursor(value);
    write_clock(cursor.i64()?, out);
    // The wire counts seconds west of Greenwich, the text hours east of it.
    let east = -i64::from(cursor.i32()?);
    out.push(if east < 0 { b'-' } else { b'+' });
    let (hours, minutes, seconds) = (east.abs() / 3600, east.abs() / 60 % 60, east.abs() % 60);
    put(out, format_args!("{hours:02}"));
    if minutes != 0 || seconds != 0 {
        put(out, format_args!(":{minutes:02}"));
    }
    if seconds != 0 {
        put(out, format_args!(":{seconds:02}"));
    }
    Ok(())
}

/// `2024-05-06 07:08:09.1`, and the zone of the text after it: `+00` for timestamptz, which is written in UTC.
pub(super) fn write_timestamp(value: &[u8], zone: &str, out: &mut Vec<u8>) -> Result<(), Malformed> {
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

/// `1 year 2 mons 3 days 04:05:06.7`, as the server's default style writes it.
pub(super) fn write_interval(value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut cursor = Cursor(value);
    let (us, days, months) = (cursor.i64()?, i64::from(cursor.i32()?), i64::from(cursor.i32()?));
    if (us, days, months) == (i64::MAX, i64::from(i32::MAX), i64::from(i32::MAX)) {
        out.extend_from_slice(b"infinity");
        return Ok(());
    }
    if (us, days, months) == (i64::MIN, i64::from(i32::MIN), i64::from(i32::MIN)) {
        out.extend_from_slice(b"-infinity");
        return Ok(());
    }
    let start = out.len();
    let mut after_negative = false;
    for (count, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        if count == 0 {
            continue;
        }
        let gap = if out.len() > start { " " } else { "" };
        let plus = if after_negative && count > 0 { "+" } else { "" };
        let plural = if count == 1 { "" } else { "s" };
        put(out, format_args!("{gap}{plus}{count} {unit}{plural}"));
        after_negative = count < 0;
    }
    if us != 0 || out.len() == start {
        let gap = if out.len() > start { " " } else { "" };
        let sign = if us < 0 {
            "-"
        } else if after_negative {
            "+"
        } else {
            ""
        };
        put(out, format_args!("{gap}{sign}"));
        let us = us.unsigned_abs();
        put(out, format_args!("{:02}:", us / 3_600_000_000));
        let rest = i64::try_from(us % 3_600_000_000).map_err(|_| Malformed)?;
        put(out, format_args!("{:02}:", rest / 60_000_000));
        write_seconds(rest % 60_000_000, out);
    }
    Ok(())
}

fn write_clock(us: i64, out: &mut Vec<u8>) {
    put(out, format_args!("{:02}:{:02}:", us / 3_600_000_000, us / 60_000_000 % 60));
    write_seconds(us % 60_000_000, out);
}

fn write_seconds(us: i64, out: &mut Vec<u8>) {
    put(out, format_args!("{:02}", us / 1_000_000));
    let fraction = us % 1_000_000;
    if fraction != 0 {
        put(out, format_args!(".{fraction:06}"));
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

/// Writes a day counted from 2000-01-01 and returns what follows the whole value: ` BC` before the year 1.
///
/// Source: the proleptic Gregorian calendar in eras of 400 years, years counted from March.
fn write_day(days_since_2000: i64, out: &mut Vec<u8>) -> &'static [u8] {
    const ERA_DAYS: i64 = 146_097;
    const DAYS_TO_2000_03_01: i64 = 60;
    let day = days_since_2000 - DAYS_TO_2000_03_01;
    let era = day.div_euclid(ERA_DAYS);
    let of_era = day.rem_euclid(ERA_DAYS);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = 2000 + era * 400 + year_of_era + i64::from(month <= 2);
    let (shown, suffix): (i64, &[u8]) = if year > 0 { (year, b"") } else { (1 - year, b" BC") };
    put(out, format_args!("{shown:04}-{month:02}-{date:02}"));
    suffix
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}
