//! Computes when a job is due: by a pattern in a time zone, or by a period that starts again at each midnight of the zone.
//!
//! Each instant is computed from the zone's rules, never from the offset that held when the app started.
//!
//! **Changes of the clock** are handled as cron(8) of Debian does. A pattern with `*` or `*/n` in its hour or minute says how
//! often a job is due: times that the wall clock skips are left out, and times that the clock repeats are due twice. Any other
//! pattern says when: a skipped time is due at the first instant after the gap, and a repeated time is due once, at the first
//! of its two instants.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};
use twinloop_runtime::Failure;

use crate::clock::Instant;
use crate::field::PatternError;
use crate::pattern::CronPattern;

const DAY: TimeDelta = TimeDelta::days(1);
/// Shorter than any time for which a zone keeps one offset.
const SHORTEST_RULE: TimeDelta = TimeDelta::hours(6);

/// The instants at which a job is due.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use twinloop_cron::{Schedule, zone};
///
/// // On 29 March 2026 the clocks of Berlin skip the time from 2 to 3 o'clock.
/// let schedule = Schedule::pattern("30 2 * * *", zone("Europe/Berlin")?)?;
/// let evening: DateTime<Utc> = "2026-03-28T20:00:00Z".parse().expect("an instant");
/// let due: Vec<String> = schedule.following(evening, 2).iter().map(DateTime::to_rfc3339).collect();
/// assert_eq!(due, ["2026-03-29T01:00:00+00:00", "2026-03-30T00:30:00+00:00"]);
/// # Ok::<(), twinloop_runtime::Failure>(())
/// ```
#[derive(Clone, Debug)]
pub struct Schedule {
    rule: Rule,
    zone: Tz,
}

#[derive(Clone, Debug)]
enum Rule {
    Pattern(Box<CronPattern>),
    Every(TimeDelta),
}

impl Schedule {
    /// Builds the schedule of a pattern: five fields, six with seconds in front, or a name such as `@daily`.
    ///
    /// Errors: a field that cannot be read, with what to write there; a pattern that is never due, such as 30 February.
    pub fn pattern(text: &str, zone: Tz) -> Result<Self, PatternError> {
        let pattern = CronPattern::parse(text)?;
        if pattern.next_from(DateTime::UNIX_EPOCH.naive_utc()).is_none() {
            let hint = "Correct the day or the month.";
            return Err(PatternError::new("there is no day on which it is due", hint));
        }
        Ok(Self { rule: Rule::Pattern(Box::new(pattern)), zone })
    }

    /// Builds the schedule of a period, which is counted from the first instant of each day. On a day on which the clock
    /// changes, the day's last step is longer or shorter by the change.
    ///
    /// Units:  at least one second; must divide 24 hours.
    /// Errors: `invalid_argument` for any other period.
    pub fn every(period: TimeDelta, zone: Tz) -> Result<Self, Failure> {
        let (millis, day) = (period.num_milliseconds(), DAY.num_milliseconds());
        if millis < 1_000 || day % millis != 0 {
            return Err(Failure::invalid_argument("a period is at least a second and divides a day"));
        }
        Ok(Self { rule: Rule::Every(period), zone })
    }

    /// The first due instant later than `instant`; `None` if there is none within 50 years.
    pub fn next_after(&self, instant: Instant) -> Option<Instant> {
        let next = match &self.rule {
            Rule::Pattern(pattern) if pattern.follows_the_clock() => self.next_of_clock(pattern, instant)?,
            Rule::Pattern(pattern) => self.next_fixed(pattern, instant)?,
            Rule::Every(period) => self.next_of_day(*period, instant)?,
        };
        (next > instant).then_some(next)
    }

    /// The first `count` due instants later than `instant`, in order; fewer where the schedule has no further one.
    pub fn following(&self, instant: Instant, count: usize) -> Vec<Instant> {
        std::iter::successors(self.next_after(instant), |last| self.next_after(*last)).take(count).collect()
    }

    /// The first instant later than `instant` at which the wall clock shows a time of the pattern, however often before.
    fn next_of_clock(&self, pattern: &CronPattern, instant: Instant) -> Option<Instant> {
        let mut from = DateTime::from_timestamp(instant.timestamp(), 0)?;
        let mut found = pattern.next_after(self.wall(from))?;
        loop {
            let candidate = Utc.from_utc_datetime(&found.checked_sub_offset(self.offset(from).fix())?);
            // One offset holds up to the change; after it, the search starts again with the new local time.
            let Some(change) = self.change_within(from, candidate) else { return Some(candidate) };
            from = change;
            found = pattern.next_from(self.wall(from))?;
        }
    }

    /// The first instant later than `instant` at which the wall clock reaches or skips a time of the pattern for the first time.
    fn next_fixed(&self, pattern: &CronPattern, instant: Instant) -> Option<Instant> {
        let mut time = pattern.next_after(self.wall(instant))?;
        loop {
            let reached = self.first_reached(time)?;
            if reached > instant {
                return Some(reached);
            }
            // The clock repeats this hour; the time was due the first time.
            time = pattern.next_after(time)?;
        }
    }

    fn wall(&self, instant: Instant) -> NaiveDateTime {
        instant.with_timezone(&self.zone).naive_local()
    }

    fn offset(&self, instant: Instant) -> <Tz as TimeZone>::Offset {
        self.zone.offset_from_utc_datetime(&instant.naive_utc())
    }

    /// The first change of the zone's offset after `from` and up to `to`, found by bisection; `None` if there is none.
    fn change_within(&self, from: Instant, to: Instant) -> Option<Instant> {
        let offset = |at: Instant| self.offset(at).fix();
        let before = offset(from);
        let (mut same, mut other) = (from, from);
        while offset(other) == before {
            if other >= to {
                return None;
            }
            same = other;
            other = to.min(other + SHORTEST_RULE);
        }
        while other - same > TimeDelta::seconds(1) {
            let middle = same + TimeDelta::seconds((other - same).num_seconds() / 2);
            *(if offset(middle) == before { &mut same } else { &mut other }) = middle;
        }
        // Changes happen at whole seconds.
        DateTime::from_timestamp(other.timestamp(), 0)
    }

    /// The first instant at which the wall clock shows `time`, or has jumped over it.
    fn first_reached(&self, time: NaiveDateTime) -> Option<Instant> {
        let shown = self.zone.from_local_datetime(&time).earliest();
        let reached = shown.or_else(|| GapInfo::new(&time, &self.zone)?.end)?;
        Some(reached.with_timezone(&Utc))
    }

    fn next_of_day(&self, period: TimeDelta, instant: Instant) -> Option<Instant> {
        let date = instant.with_timezone(&self.zone).date_naive();
        let first = self.first_of(date)?;
        let tomorrow = self.first_of(date.checked_add_days(Days::new(1))?)?;
        let past = instant.signed_duration_since(first).num_milliseconds();
        let count = past.div_euclid(period.num_milliseconds()) + 1;
        let ahead = TimeDelta::milliseconds(count * period.num_milliseconds());
        let next = first + ahead;
        // A day of 25 hours has room for six more steps of ten minutes, but not for another step of six hours.
        let fits = ahead < DAY || next + period <= tomorrow;
        Some(if fits { next.min(tomorrow) } else { tomorrow })
    }

    /// The first instant of a day: midnight, or the end of a gap that covers midnight.
    fn first_of(&self, date: NaiveDate) -> Option<Instant> {
        self.first_reached(date.and_time(NaiveTime::MIN))
    }
}

/// Finds a time zone of the IANA database by its name, such as `Europe/Berlin`.
///
/// Errors: `invalid_argument` for an unknown name.
pub fn zone(name: &str) -> Result<Tz, Failure> {
    name.parse().map_err(|_| Failure::invalid_argument("no time zone has this name"))
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
        /// Of what is refused: pieces of the message.
        #[serde(default)]
        says: Vec<String>,
    }

    impl Case {
        fn schedule(&self) -> Result<Schedule, Failure> {
            let zone = zone(&self.time_zone)?;
            match (&self.pattern, self.every_ms) {
                (Some(pattern), _) => Schedule::pattern(pattern, zone).map_err(Failure::from),
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
            let message = case.schedule().expect_err(&case.name).to_string();
            for piece in &case.says {
                assert!(message.contains(piece), "{}: {message}", case.name);
            }
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
