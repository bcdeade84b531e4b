//! When a job is due: a pattern in a time zone, or a period that begins anew with each day of it.
//!
//! Instants are computed one after another from the zone's rules, never from an offset that was true when the app started.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::clock::Instant;
use crate::error::Error;

const DAY: TimeDelta = TimeDelta::days(1);
/// How far a day's first instant may lie behind its midnight: a zone has skipped a whole day before.
const LONGEST_GAP_MINUTES: i64 = 25 * 60;

/// When a job is due.
#[derive(Clone, Debug)]
pub struct Schedule {
    rule: Rule,
    zone: Tz,
}

#[derive(Clone, Debug)]
enum Rule {
    Pattern(Box<Cron>),
    Every(TimeDelta),
}

impl Schedule {
    /// The schedule of a pattern: five fields, six with seconds in front, or a name such as `@daily`.
    ///
    /// A time that the clocks skip is made up for at the first instant after the gap, and one that they repeat is due once;
    /// patterns with a wildcard or a step in their time follow the clock on the wall.
    ///
    /// Errors: `invalid_argument` for a pattern that cannot be read or never matches.
    pub fn pattern(pattern: &str, zone: Tz) -> Result<Self, Error> {
        let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
        // croner does not know this name.
        let known = if pattern.trim().eq_ignore_ascii_case("@midnight") { "@daily" } else { pattern };
        let cron = parser.parse(known).map_err(|error| Error::invalid(error.to_string()))?;
        // Leap days come every eight years at worst.
        let schedule = Self { rule: Rule::Pattern(Box::new(cron)), zone };
        match schedule.next_after(DateTime::UNIX_EPOCH) {
            Some(_) => Ok(schedule),
            None => Err(Error::invalid("there is no day on which it is due")),
        }
    }

    /// The schedule of a period, counted from the first instant of each day: the last step of a day on which the clocks change
    /// is longer or shorter by what they change.
    ///
    /// Errors: `invalid_argument` for one that does not divide a day.
    pub fn every(period: TimeDelta, zone: Tz) -> Result<Self, Error> {
        let (millis, day) = (period.num_milliseconds(), DAY.num_milliseconds());
        if millis < 1_000 || day % millis != 0 {
            return Err(Error::invalid("a period is at least a second and divides a day"));
        }
        Ok(Self { rule: Rule::Every(period), zone })
    }

    /// The first instant after `instant` at which it is due; `None` where the calendar ends before.
    pub fn next_after(&self, instant: Instant) -> Option<Instant> {
        let next = match &self.rule {
            Rule::Pattern(cron) => {
                // Patterns know whole seconds: what lies within one is after it.
                let second = DateTime::from_timestamp(instant.timestamp(), 0)?.with_timezone(&self.zone);
                cron.find_next_occurrence(&second, false).ok()?.with_timezone(&Utc)
            }
            Rule::Every(period) => self.next_of_day(*period, instant)?,
        };
        (next > instant).then_some(next)
    }

    /// The first instants after `instant`.
    pub fn following(&self, instant: Instant, count: usize) -> Vec<Instant> {
        std::iter::successors(self.next_after(instant), |last| self.next_after(*last)).take(count).collect()
    }

    fn next_of_day(&self, period: TimeDelta, instant: Instant) -> Option<Instant> {
        let date = instant.with_timezone(&self.zone).date_naive();
        let first = self.first_of(date)?;
        let tomorrow = self.first_of(date.checked_add_days(Days::new(1))?)?;
        let past = instant.signed_duration_since(first).num_milliseconds();
        let count = past.div_euclid(period.num_milliseconds()) + 1;
        let ahead = TimeDelta::milliseconds(count * period.num_milliseconds());
        let next = first + ahead;
        // A day of 25 hours has room for another ten minutes, but not for another six hours.
        let fits = ahead < DAY || next + period <= tomorrow;
        Some(if fits { next.min(tomorrow) } else { tomorrow })
    }

    /// A day's first instant: its midnight where the clocks show it.
    fn first_of(&self, date: NaiveDate) -> Option<Instant> {
        let midnight = date.and_time(NaiveTime::MIN);
        (0..LONGEST_GAP_MINUTES).find_map(|minutes| {
            let local = midnight + TimeDelta::minutes(minutes);
            Some(self.zone.from_local_datetime(&local).earliest()?.with_timezone(&Utc))
        })
    }
}

/// The time zone of a name such as `Europe/Berlin`.
///
/// Errors: `invalid_argument` for a name that there is not.
pub fn zone(name: &str) -> Result<Tz, Error> {
    name.parse().map_err(|_| Error::invalid("no time zone has this name"))
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Timelike, Weekday};
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Case {
        name: String,
        pattern: Option<String>,
        every_ms: Option<i64>,
        time_zone: String,
        #[serde(default)]
        after: String,
        #[serde(default)]
        next: Vec<String>,
    }

    impl Case {
        fn schedule(&self) -> Result<Schedule, Error> {
            let zone = zone(&self.time_zone)?;
            match (&self.pattern, self.every_ms) {
                (Some(pattern), _) => Schedule::pattern(pattern, zone),
                (None, millis) => Schedule::every(TimeDelta::milliseconds(millis.unwrap()), zone),
            }
        }
    }

    #[derive(Deserialize)]
    struct Cases {
        due: Vec<Case>,
        refused: Vec<Case>,
    }

    fn cases() -> Cases {
        serde_json::from_str(include_str!("../../../contract/cases/cron/schedules.json")).unwrap()
    }

    #[test]
    fn schedules_give_the_instants_of_the_contract() {
        for case in cases().due {
            let schedule = case.schedule().unwrap();
            let found = schedule.following(case.after.parse().unwrap(), case.next.len());
            let expected: Vec<Instant> = case.next.iter().map(|text| text.parse().unwrap()).collect();
            assert_eq!(found, expected, "{}", case.name);
        }
    }

    #[test]
    fn what_the_contract_refuses_is_refused() {
        for case in cases().refused {
            assert!(case.schedule().is_err(), "{}", case.name);
        }
    }

    const ZONES: [Tz; 6] = [
        Tz::UTC,
        Tz::Europe__Berlin,
        Tz::America__New_York,
        Tz::Australia__Lord_Howe,
        Tz::America__Sao_Paulo,
        Tz::Pacific__Apia,
    ];

    fn instants() -> impl Strategy<Value = Instant> {
        // From 2010 to 2040: zones have changed their rules within these years.
        (1_262_304_000_i64..2_208_988_800).prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap())
    }

    prop_compose! {
        fn field(most: u32)(low in 0..=most, step in 1..=most, form in 0..4_u8) -> String {
            match form {
                0 => "*".to_owned(),
                1 => low.to_string(),
                2 => format!("*/{step}"),
                _ => format!("{}-{most}", low.min(most)),
            }
        }
    }

    proptest! {
        #[test]
        fn the_next_instants_of_a_pattern_increase(
            minute in field(59), hour in field(23), zone in prop::sample::select(&ZONES[..]), from in instants(),
        ) {
            let schedule = Schedule::pattern(&format!("{minute} {hour} * * *"), zone).unwrap();
            let mut last = from;
            for _ in 0..50 {
                let next = schedule.next_after(last).unwrap();
                prop_assert!(next > last, "{last} is followed by {next}");
                last = next;
            }
        }

        #[test]
        fn an_instant_is_next_from_wherever_it_is_looked_for(
            minute in field(59), hour in field(23), zone in prop::sample::select(&ZONES[..]), from in instants(),
            part in 0.0..1.0_f64,
        ) {
            let schedule = Schedule::pattern(&format!("{minute} {hour} * * *"), zone).unwrap();
            let next = schedule.next_after(from).unwrap();
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a point in between")]
            let between = from + TimeDelta::milliseconds(((next - from).num_milliseconds() as f64 * part) as i64);
            prop_assert_eq!(schedule.next_after(between), Some(next));
        }

        #[test]
        fn the_clock_on_the_wall_shows_what_the_pattern_says(
            minute in 0..60_u32, hour in 0..24_u32, day in 0..7_u32,
            zone in prop::sample::select(&ZONES[..]), from in instants(),
        ) {
            let schedule = Schedule::pattern(&format!("{minute} {hour} * * {day}"), zone).unwrap();
            let next = schedule.next_after(from).unwrap().with_timezone(&zone);
            let skipped = zone
                .from_local_datetime(&next.date_naive().and_hms_opt(hour, minute, 0).unwrap())
                .earliest()
                .is_none();
            prop_assert!(skipped || (next.hour(), next.minute(), next.second()) == (hour, minute, 0));
            prop_assert_eq!(next.weekday(), Weekday::try_from(((day + 6) % 7) as u8).unwrap());
        }

        #[test]
        fn periods_are_counted_from_the_first_instant_of_a_day(
            minutes in prop::sample::select(vec![1_i64, 10, 15, 60, 90, 120, 360, 480, 720, 1440]),
            zone in prop::sample::select(&ZONES[..]), from in instants(),
        ) {
            let period = TimeDelta::minutes(minutes);
            let schedule = Schedule::every(period, zone).unwrap();
            let mut last = schedule.next_after(from).unwrap();
            prop_assert!(last - from <= period * 2);
            for _ in 0..50 {
                let next = schedule.next_after(last).unwrap();
                prop_assert!(next > last);
                let first = schedule.first_of(next.with_timezone(&zone).date_naive()).unwrap();
                prop_assert_eq!((next - first).num_milliseconds() % period.num_milliseconds(), 0);
                let changed = (next - last - period).abs();
                // A whole day that a zone skips is not one of this day's.
                prop_assert!(changed <= TimeDelta::minutes(60) || next - last < period * 2);
                last = next;
            }
        }
    }
}
