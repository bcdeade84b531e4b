//! Parses a cron pattern of five or six fields, and finds its times on a wall clock without regard to time zones.

use chrono::{Datelike, Days as DayCount, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use crate::days::Days;
use crate::field::{HOUR, MINUTE, MONTH, Numbers, PatternError, SECOND};

/// How many years ahead the search for the next time goes. 29 February falls on a given weekday every 40 years at worst.
const HORIZON_YEARS: i32 = 50;

const FIELDS: &str = "Write five fields (minute, hour, day of month, month, day of week), or six with seconds in front: \"30 4 * * MON-FRI\".";

/// A parsed pattern: a set of local times, to the second.
#[derive(Clone, Debug)]
pub(crate) struct CronPattern {
    seconds: Numbers,
    minutes: Numbers,
    hours: Numbers,
    months: Numbers,
    days: Days,
}

impl CronPattern {
    /// Parses five fields, six with seconds in front, or a name such as `@daily`.
    ///
    /// Errors: the field that cannot be read and what to write there; forms of other schedulers, by their name.
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        let text = if text.starts_with('@') { named(text)? } else { text };
        if let Some(error) = foreign(text) {
            return Err(error);
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        if let Some(("TZ" | "CRON_TZ", zone)) = fields.first().and_then(|first| first.split_once('=')) {
            let hint = format!("Write the option timeZone: \"{zone}\".");
            return Err(PatternError::new("a pattern holds no zone", hint));
        }
        let [second, minute, hour, day, month, weekday] = match fields[..] {
            [minute, hour, day, month, weekday] => ["0", minute, hour, day, month, weekday],
            [second, minute, hour, day, month, weekday] => [second, minute, hour, day, month, weekday],
            _ => return Err(miscounted(&fields)),
        };
        Ok(Self {
            seconds: SECOND.numbers(second)?,
            minutes: MINUTE.numbers(minute)?,
            hours: HOUR.numbers(hour)?,
            months: MONTH.numbers(month)?,
            days: Days::parse(day, weekday)?,
        })
    }

    /// Whether the pattern follows the wall clock across a change of the clock: true with `*` in the hour or the minute, which
    /// says how often a job is due, not when.
    ///
    /// Source: cron(8) of Debian.
    pub(crate) fn follows_the_clock(&self) -> bool {
        self.hours.has_star || self.minutes.has_star
    }

    /// The first time at or after `start`, in whole seconds; `None` if there is none within [`HORIZON_YEARS`].
    pub(crate) fn next_from(&self, start: NaiveDateTime) -> Option<NaiveDateTime> {
        let last_year = start.year().checked_add(HORIZON_YEARS)?;
        let mut date = start.date();
        let mut earliest = start.time();
        while date.year() <= last_year {
            if !self.months.has(date.month()) {
                date = first_of_next_month(date)?;
                earliest = NaiveTime::MIN;
                continue;
            }
            if self.days.has(date)
                && let Some(time) = self.time_from(earliest)
            {
                return Some(date.and_time(time));
            }
            date = date.checked_add_days(DayCount::new(1))?;
            earliest = NaiveTime::MIN;
        }
        None
    }

    /// The first time later than `time`, in whole seconds; `None` if there is none within [`HORIZON_YEARS`].
    pub(crate) fn next_after(&self, time: NaiveDateTime) -> Option<NaiveDateTime> {
        self.next_from(time.with_nanosecond(0)?.checked_add_signed(TimeDelta::seconds(1))?)
    }

    /// The first time of a day at or after `earliest`.
    fn time_from(&self, earliest: NaiveTime) -> Option<NaiveTime> {
        let (hour, minute, second) = (earliest.hour(), earliest.minute(), earliest.second());
        let (first_minute, first_second) = (self.minutes.from(0)?, self.seconds.from(0)?);
        if self.hours.has(hour) {
            if self.minutes.has(minute)
                && let Some(second) = self.seconds.from(second)
            {
                return NaiveTime::from_hms_opt(hour, minute, second);
            }
            if let Some(minute) = self.minutes.from(minute + 1) {
                return NaiveTime::from_hms_opt(hour, minute, first_second);
            }
        }
        NaiveTime::from_hms_opt(self.hours.from(hour + 1)?, first_minute, first_second)
    }
}

fn first_of_next_month(date: NaiveDate) -> Option<NaiveDate> {
    match date.month() {
        12 => NaiveDate::from_ymd_opt(date.year().checked_add(1)?, 1, 1),
        month => NaiveDate::from_ymd_opt(date.year(), month + 1, 1),
    }
}

/// The five fields that a name such as `@daily` stands for.
fn named(text: &str) -> Result<&'static str, PatternError> {
    let lower = text.to_ascii_lowercase();
    let (name, rest) = lower.split_once(char::is_whitespace).unwrap_or((&lower, ""));
    match (name, rest) {
        ("@yearly" | "@annually", "") => Ok("0 0 1 1 *"),
        ("@monthly", "") => Ok("0 0 1 * *"),
        ("@weekly", "") => Ok("0 0 * * 0"),
        ("@daily" | "@midnight", "") => Ok("0 0 * * *"),
        ("@hourly", "") => Ok("0 * * * *"),
        ("@every", _) => {
            let period = if rest.is_empty() { "5m" } else { rest.trim() };
            Err(PatternError::new("@every is no pattern", format!("Write the option every: \"{period}\".")))
        }
        ("@reboot", _) => {
            let hint =
                "Call the function after `await start()`; with several replicas each start would be one.";
            Err(PatternError::new("@reboot names no time", hint))
        }
        _ => {
            let hint = "Write @hourly, @daily (or @midnight), @weekly, @monthly or @yearly (or @annually), or five fields.";
            Err(PatternError::new(format!("there is no name {text:?}"), hint))
        }
    }
}

/// The error for a form that another scheduler accepts, which names that scheduler; `None` for everything else.
fn foreign(text: &str) -> Option<PatternError> {
    let lower = text.to_ascii_lowercase();
    let within = |name| lower.strip_prefix(name).and_then(|rest| rest.strip_suffix(')')).map(str::trim);
    if let Some(inner) = within("cron(") {
        let fields: Vec<&str> = inner.split_whitespace().take(5).collect();
        let hint = format!(
            "Write the five fields alone, without the year: \"{}\". Weekdays by name: Sunday is 1 there and 0 here.",
            fields.join(" ").to_ascii_uppercase()
        );
        return Some(PatternError::new("cron(…) is a form of EventBridge", hint));
    }
    if let Some(inner) = within("rate(") {
        let (count, unit) = inner.split_once(char::is_whitespace).unwrap_or((inner, "m"));
        let unit = unit.trim().chars().next().unwrap_or('m');
        return Some(PatternError::new(
            "rate(…) is a form of EventBridge",
            format!("Write the option every: \"{count}{unit}\"."),
        ));
    }
    if matches!(
        lower.as_str(),
        "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly"
    ) {
        return Some(PatternError::new(format!("{text:?} is no field"), format!("Write @{lower}.")));
    }
    let is_calendar = lower.split_whitespace().any(|part| part.contains(':') || part.contains("*-*"));
    is_calendar
        .then(|| PatternError::new(format!("{text:?} is a date or a time of day, as systemd has it"), FIELDS))
}

fn miscounted(fields: &[&str]) -> PatternError {
    let count = fields.len();
    let is_list = |field: &&str| field.starts_with(',') || field.ends_with(',');
    if count == 7 && !fields.iter().any(is_list) {
        let hint = "Leave the year out; for a single year, ask for it in the handler.";
        return PatternError::new("there are 7 fields, and there is none for the year", hint);
    }
    let counted =
        if count == 1 { "there is 1 field".to_owned() } else { format!("there are {count} fields") };
    PatternError::new(format!("{counted}; a field has no blanks in it"), FIELDS)
}

#[cfg(test)]
#[path = "pattern/tests.rs"]
mod tests;
