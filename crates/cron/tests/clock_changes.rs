//! Patterns where the clocks change, against a clock on the wall that is watched second by second, as cron(8) watches it.
//!
//! The watcher shares nothing with the schedule but the offsets of the zones: it knows no local times, no gaps and no
//! overlaps, only a clock that jumps. `FULL=1` watches every change of every zone from 2026 to 2028.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use twinloop_cron::Schedule;

type Instant = DateTime<Utc>;

const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// Watched before and after a change: two days in all, or what is near.
fn around() -> TimeDelta {
    TimeDelta::hours(if is_full() { 30 } else { 8 })
}

fn is_full() -> bool {
    std::env::var_os("FULL").is_some()
}

fn wall(zone: Tz, at: Instant) -> NaiveDateTime {
    at.naive_utc() + zone.offset_from_utc_datetime(&at.naive_utc()).fix()
}

/// A pattern as the watcher sees it: minutes, hours and weekdays (none: each day), and whether it goes with the clock.
struct Watched {
    text: String,
    minutes: Vec<u32>,
    hours: Vec<u32>,
    weekdays: Vec<u32>,
    follows: bool,
}

impl Watched {
    fn shows(&self, time: NaiveDateTime) -> bool {
        self.minutes.contains(&time.minute())
            && self.hours.contains(&time.hour())
            && (self.weekdays.is_empty() || self.weekdays.contains(&time.weekday().num_days_from_sunday()))
    }
}

/// Texts of a field with the numbers they stand for, and whether they go with the clock.
fn minutes() -> Vec<(&'static str, Vec<u32>, bool)> {
    vec![
        ("0", vec![0], false),
        ("30", vec![30], false),
        ("15,45", vec![15, 45], false),
        ("0-59/20", vec![0, 20, 40], false),
        ("5/25", vec![5, 30, 55], false),
        ("0-59", (0..60).collect(), false),
        ("*", (0..60).collect(), true),
        ("*/20", vec![0, 20, 40], true),
    ]
}

fn hours() -> Vec<(&'static str, Vec<u32>, bool)> {
    vec![
        ("0", vec![0], false),
        ("1", vec![1], false),
        ("2", vec![2], false),
        ("3", vec![3], false),
        ("23", vec![23], false),
        ("0,12", vec![0, 12], false),
        ("1,13", vec![1, 13], false),
        ("2,14", vec![2, 14], false),
        ("0-3", vec![0, 1, 2, 3], false),
        ("22-23", vec![22, 23], false),
        ("0-23/3", vec![0, 3, 6, 9, 12, 15, 18, 21], false),
        ("1/11", vec![1, 12, 23], false),
        ("0-23", (0..24).collect(), false),
        ("*", (0..24).collect(), true),
        ("*/2", vec![0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22], true),
    ]
}

fn table() -> Vec<Watched> {
    let mut table = Vec::new();
    for (minute, minutes, minute_follows) in minutes() {
        for (hour, hours, hour_follows) in hours() {
            for (day, weekdays) in [("*", Vec::new()), ("SUN", vec![0]), ("1-5", vec![1, 2, 3, 4, 5])] {
                // Weekdays matter where a gap has the midnight.
                if day != "*" && minute != "30" {
                    continue;
                }
                table.push(Watched {
                    text: format!("{minute} {hour} * * {day}"),
                    minutes: minutes.clone(),
                    hours: hours.clone(),
                    weekdays: weekdays.clone(),
                    follows: minute_follows || hour_follows,
                });
            }
        }
    }
    table
}

/// What the watcher sees of a zone between two instants, minute by minute.
struct Watch {
    /// Each minute, what the clock shows then, and the minutes that it has jumped over to get there.
    minutes: Vec<(Instant, NaiveDateTime, Vec<NaiveDateTime>)>,
}

impl Watch {
    fn new(zone: Tz, from: Instant, to: Instant) -> Self {
        let mut minutes = Vec::new();
        let (mut at, mut before) = (from, wall(zone, from - MINUTE));
        while at <= to {
            let shown = wall(zone, at);
            let mut jumped = Vec::new();
            let mut skipped = before + MINUTE;
            while skipped < shown {
                jumped.push(skipped);
                skipped += MINUTE;
            }
            minutes.push((at, shown, jumped));
            (at, before) = (at + MINUTE, shown);
        }
        Self { minutes }
    }

    /// The instants at which a pattern is due, by the rule of cron(8).
    fn due(&self, pattern: &Watched) -> Vec<Instant> {
        let mut due = Vec::new();
        let mut latest: Option<NaiveDateTime> = None;
        for (at, shown, jumped) in &self.minutes {
            let is_new = latest.is_none_or(|latest| *shown > latest);
            let is_due = if pattern.follows {
                pattern.shows(*shown)
            } else {
                // Set back, the clock is waited for; set ahead, what lies between is done now.
                is_new && (pattern.shows(*shown) || jumped.iter().any(|time| pattern.shows(*time)))
            };
            if is_due {
                due.push(*at);
            }
            if is_new {
                latest = Some(*shown);
            }
        }
        due
    }
}

/// The instants from 2026 to 2028 at which the offset of a zone changes, in whole minutes.
fn changes(zone: Tz) -> Vec<Instant> {
    let offset = |at: Instant| zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
    let end = Utc.with_ymd_and_hms(2029, 1, 1, 0, 0, 0).unwrap();
    let mut at = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
    let mut found = Vec::new();
    while at < end {
        let next = at + TimeDelta::hours(6);
        if offset(at) != offset(next) {
            found.extend((1..=360).map(|minute| at + MINUTE * minute).find(|one| offset(*one) != offset(at)));
        }
        at = next;
    }
    found
}

/// The zones with a change, one for each set of changes and offsets unless all are wanted.
fn zones() -> Vec<(Tz, Vec<Instant>)> {
    let mut kinds = BTreeMap::new();
    for zone in TZ_VARIANTS {
        let found = changes(zone);
        if found.is_empty() {
            continue;
        }
        let before = wall(zone, found[0] - MINUTE) - found[0].naive_utc();
        let after = wall(zone, found[0]) - found[0].naive_utc();
        let kind = (found.clone(), before, after, if is_full() { zone.name() } else { "" });
        kinds.entry(kind).or_insert((zone, found));
    }
    kinds.into_values().collect()
}

/// Watches the changes of one year, in all zones.
fn watch_year(year: i32) {
    let (table, zones) = (table(), zones());
    let mut compared = 0;
    for (zone, changes) in &zones {
        let schedules: Vec<Schedule> =
            table.iter().map(|watched| Schedule::pattern(&watched.text, *zone).unwrap()).collect();
        for change in changes.iter().filter(|change| change.year() == year) {
            let (from, to) = (*change - around(), *change + around());
            let watch = Watch::new(*zone, from, to);
            for (watched, schedule) in table.iter().zip(&schedules) {
                let first = from - TimeDelta::seconds(1);
                let found: Vec<Instant> =
                    std::iter::successors(schedule.next_after(first), |last| schedule.next_after(*last))
                        .take_while(|at| *at <= to)
                        .collect();
                assert_eq!(found, watch.due(watched), "{} in {zone} around {change}", watched.text);
                compared += found.len();
            }
        }
    }
    println!("{year}: {} zones, {} patterns, {compared} instants, 0 differences", zones.len(), table.len());
    assert!(compared > 100_000, "{compared}");
}

// One test for each year, so that they run beside each other.
#[test]
fn patterns_are_due_as_cron_8_has_it_wherever_the_clocks_change_in_2026() {
    watch_year(2026);
}

#[test]
fn patterns_are_due_as_cron_8_has_it_wherever_the_clocks_change_in_2027() {
    watch_year(2027);
}

#[test]
fn patterns_are_due_as_cron_8_has_it_wherever_the_clocks_change_in_2028() {
    watch_year(2028);
}

#[test]
fn the_zones_that_are_watched_have_gaps_of_every_kind() {
    let zones = zones();
    let names: BTreeSet<&str> = zones.iter().map(|(zone, _)| zone.name()).collect();
    // Of an hour, of half an hour, of two, of the midnight, and back for Ramadan.
    for kinds in [
        &["Africa/Cairo"][..],
        &["Africa/Casablanca"],
        &["America/Havana", "Cuba"],
        &["America/Santiago"],
        &["Antarctica/Troll"],
        &["Asia/Beirut"],
        &["Australia/LHI", "Australia/Lord_Howe"],
    ] {
        assert!(kinds.iter().any(|name| names.contains(name)), "{kinds:?} of {names:?}");
    }
}

#[test]
fn the_next_instant_is_the_same_from_every_minute_around_a_change() {
    for zone in [Tz::Europe__Berlin, Tz::Australia__Lord_Howe, Tz::Antarctica__Troll, Tz::Africa__Cairo] {
        let table = table();
        for change in changes(zone).into_iter().take(2) {
            for watched in table.iter().step_by(7) {
                let schedule = Schedule::pattern(&watched.text, zone).unwrap();
                let mut at = change - TimeDelta::hours(4);
                while at < change + TimeDelta::hours(4) {
                    let next = schedule.next_after(at).unwrap();
                    assert_eq!(
                        schedule.next_after(next - TimeDelta::milliseconds(1)),
                        Some(next),
                        "{}",
                        watched.text
                    );
                    assert!(
                        next <= at + MINUTE || schedule.next_after(at + MINUTE) == Some(next),
                        "{}",
                        watched.text
                    );
                    at += MINUTE;
                }
            }
        }
    }
}
