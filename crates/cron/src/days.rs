//! The day of month and day of week fields of a pattern, which accept more than numbers: `L`, `L-3`, `LW`, `15W`, `FRI#2`,
//! `FRIL`, and `?` for any day.

use chrono::{Datelike, NaiveDate};

use crate::field::{MONTH_DAY, Numbers, PatternError, PatternField, WEEKDAY, is_digits};

/// The days on which a pattern is due. Sets of numbers are bit masks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Days {
    /// Whether the day of month field is `*` or `?`.
    month_any: bool,
    /// Days of the month, from bit 1.
    of_month: u64,
    /// Days counted back from the month's last, which is bit 0.
    before_last: u64,
    /// Days `15W`: the working day nearest to a day of the month, from bit 1.
    nearest: u64,
    /// Days `LW` and `L-3W`: the working day nearest to a day counted back from the month's last, which is bit 0.
    nearest_before_last: u64,
    /// Whether the day of week field is `*` or `?`.
    week_any: bool,
    /// Days of the week; Sunday is bit 0.
    of_week: u64,
    /// Occurrences `FRI#2` in a month, by weekday, from bit 1.
    nth: [u8; 7],
    /// Weekdays `FRIL` whose last occurrence in a month is due.
    last: u64,
    /// Whether a `+` stands before the day of week: a day must match both fields, not only one.
    both: bool,
}

const MONTH_DAY_FORM: &str =
    "Write *, ?, numbers from 1 to 31, L for the last, L-3, LW, or 15W for the weekday nearest to the 15th.";
const WEEKDAY_FORM: &str = "Write *, ?, numbers from 0 to 7, names from SUN to SAT, FRI#2 for the second of a month, or FRIL for the last.";

impl Days {
    /// Parses the day of month and the day of week field.
    pub(crate) fn parse(month: &str, week: &str) -> Result<Self, PatternError> {
        let mut days = Self::default();
        days.read_month(month)?;
        // A `+` means that a day must match both fields, as in croner and OCPS 1.4.
        let week = week.strip_prefix('+').inspect(|_| days.both = true).unwrap_or(week);
        days.read_week(week)?;
        Ok(days)
    }

    /// Whether the pattern is due on a date. With both fields restricted, one match is enough unless `+` was written.
    pub(crate) fn has(&self, date: NaiveDate) -> bool {
        let (day, length) = (date.day(), days_of_month(date));
        let weekday = date.weekday().num_days_from_sunday();
        let by_month = || {
            bit(self.of_month, day)
                || bit(self.before_last, length - day)
                || self.is_nearest(day, length, weekday)
        };
        let by_week = || {
            bit(self.of_week, weekday)
                || self.nth[weekday as usize] >> (day.div_ceil(7)) & 1 == 1
                || (bit(self.last, weekday) && day + 7 > length)
        };
        match (self.month_any, self.week_any) {
            (true, true) => true,
            (false, true) => by_month(),
            (true, false) => by_week(),
            (false, false) if self.both => by_month() && by_week(),
            (false, false) => by_month() || by_week(),
        }
    }

    /// Whether `day` is the working day nearest to a day that a `W` names. The search never leaves the month.
    fn is_nearest(&self, day: u32, length: u32, weekday: u32) -> bool {
        if self.nearest == 0 && self.nearest_before_last == 0 {
            return false;
        }
        (day.saturating_sub(2).max(1)..=(day + 2).min(length)).any(|asked| {
            let is_asked = bit(self.nearest, asked) || bit(self.nearest_before_last, length - asked);
            let nearest = match (weekday + 35 + asked - day) % 7 {
                6 if asked > 1 => asked - 1,
                6 => asked + 2,
                0 if asked < length => asked + 1,
                0 => asked - 2,
                _ => asked,
            };
            is_asked && nearest == day
        })
    }

    fn read_month(&mut self, text: &str) -> Result<(), PatternError> {
        if matches!(text, "*" | "?") {
            self.month_any = true;
            return Ok(());
        }
        for part in MONTH_DAY.parts(text)? {
            let upper = part.to_ascii_uppercase();
            let (day, nearest) = match upper.strip_suffix('W') {
                Some(day) => (day, true),
                None => (upper.as_str(), false),
            };
            if let Some(before) = day.strip_prefix('L') {
                let before = before_last(part, before)?;
                *(if nearest { &mut self.nearest_before_last } else { &mut self.before_last }) |= 1 << before;
            } else if nearest {
                if !is_digits(day) {
                    return Err(MONTH_DAY.fault(part, "has a W that follows no single day", MONTH_DAY_FORM));
                }
                self.nearest |= 1 << MONTH_DAY.number(part, day)?;
            } else {
                self.of_month |= plain(&MONTH_DAY, part, MONTH_DAY_FORM)?.bits;
            }
        }
        Ok(())
    }

    fn read_week(&mut self, text: &str) -> Result<(), PatternError> {
        if matches!(text, "*" | "?") {
            self.week_any = true;
            return Ok(());
        }
        let parts = WEEKDAY.parts(text)?;
        let mut special = 0;
        for part in &parts {
            let upper = part.to_ascii_uppercase();
            let split = upper.split_once('#').or_else(|| Some((upper.strip_suffix('L')?, "L")));
            match split {
                Some((day, which)) => {
                    special += 1;
                    self.read_occurrence(part, day, which)?;
                }
                None => self.of_week |= plain(&WEEKDAY, part, WEEKDAY_FORM)?.bits,
            }
        }
        if special != 0 && special != parts.len() {
            let hint = "Write two jobs, or only occurrences: SUN#1,SUN#3.";
            return Err(WEEKDAY.fault(text, "has whole weekdays beside one occurrence of a weekday", hint));
        }
        Ok(())
    }

    /// Parses one occurrence of a weekday in a month: `FRI#2`, `FRI#L` or `FRIL`.
    fn read_occurrence(&mut self, part: &str, day: &str, which: &str) -> Result<(), PatternError> {
        if day.is_empty() {
            let hint = "Write FRIL for the last Friday of a month, or SAT for each Saturday.";
            return Err(WEEKDAY.fault(part, "does not say which weekday", hint));
        }
        if day.contains(['-', '/', '*', '?']) {
            let hint = "Write each alone: TUE#2,WED#2.";
            return Err(WEEKDAY.fault(part, "asks for an occurrence of several weekdays", hint));
        }
        let day = WEEKDAY.number(part, day)? % 7;
        match which {
            "L" => self.last |= 1 << day,
            "1" | "2" | "3" | "4" | "5" => self.nth[usize::from(day)] |= 1 << (which.as_bytes()[0] - b'0'),
            _ => {
                let hint = "Write # and a number from 1 to 5, or #L for the last.";
                return Err(WEEKDAY.fault(part, "has no such occurrence in a month", hint));
            }
        }
        Ok(())
    }
}

/// Parses what follows the `L` of a day of the month, nothing or `-3`, as days before the last.
fn before_last(part: &str, text: &str) -> Result<u32, PatternError> {
    let before = match text.strip_prefix('-') {
        None if text.is_empty() => Some(0),
        None => None,
        Some(days) => days.parse().ok().filter(|before| is_digits(days) && *before <= 30),
    };
    before.ok_or_else(|| {
        MONTH_DAY.fault(part, "cannot be read", "Write L, or L-1 to L-30 for days before the last.")
    })
}

/// Parses a part that holds only numbers, names, ranges and steps. A part that cannot be read gets the hint of its day field.
fn plain(field: &PatternField, part: &str, form: &str) -> Result<Numbers, PatternError> {
    if part.contains('?') {
        return Err(field.fault(part, "has a ? beside other signs", "Write ? alone: any day."));
    }
    field.parse_part(part).map_err(|error| {
        let is_of_any_field = error.what.ends_with("cannot be read");
        if is_of_any_field { PatternError::new(error.what, form) } else { error }
    })
}

fn bit(bits: u64, number: u32) -> bool {
    bits >> number & 1 == 1
}

/// The number of days in the month of a date.
pub(crate) fn days_of_month(date: NaiveDate) -> u32 {
    match date.month() {
        2 if date.leap_year() => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
