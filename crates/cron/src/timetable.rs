//! Decides which of a job's instants fire, whatever the clock does. Pure: no I/O, no timers.
//!
//! **The mark.** All instants up to the mark are done. The mark moves forward with each instant that was fired or dropped, so no
//! instant fires twice. When the clock goes back a little, the mark stays, and the job is silent until the clock catches up. When
//! the clock goes back by more than [`CORRECTION`], the clock was wrong before, and the mark goes back too.
//!
//! **On time and missed.** When the clock has passed several instants at once, only the last of them can be on time. The others
//! are missed, and so is the last one if it is older than [`ON_TIME`]. The job's policy, [`Missed`], says what happens to them.

use std::cell::OnceCell;

use chrono::TimeDelta;
use serde::Deserialize;

use crate::clock::Instant;
use crate::schedule::Schedule;

/// How late an instant may be noticed and still count as on time: 60 seconds.
pub const ON_TIME: TimeDelta = TimeDelta::seconds(60);
/// How far a clock may go back and still be believed to have been right before: three hours.
///
/// Source: cron(8) of Debian treats changes of more than three hours as corrections.
pub const CORRECTION: TimeDelta = TimeDelta::hours(3);
/// How many missed instants are made up for at most: the latest 100.
pub const MOST_MISSED: usize = 100;

/// The first span in which missed instants are searched: more than [`MOST_MISSED`] of a job that is due each second.
const FIRST_SPAN: TimeDelta = TimeDelta::seconds(128);

/// A job's policy for instants at which no process could fire it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Missed {
    /// Drop missed instants.
    Skip,
    /// Run once for all missed instants together.
    Once,
    /// Run once for each missed instant, in order.
    All,
}

/// The instants that are due at one look at the clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The instants to fire, in order.
    pub fires: Vec<Instant>,
    /// How many instants were missed and get no run of their own. A lower bound after a long freeze.
    pub dropped: usize,
    /// Whether the runs make up for missed instants.
    pub late: bool,
}

/// The instants of one job: which are done, and which are due.
///
/// Shape:  a timetable reads no clock; its caller says what time it is.
///
/// ```
/// use chrono::{DateTime, TimeDelta, Utc};
/// use twinloop_cron::{Missed, Schedule, Timetable, zone};
///
/// let hourly = Schedule::every(TimeDelta::hours(1), zone("UTC")?)?;
/// let noon: DateTime<Utc> = "2026-01-01T12:00:00Z".parse()?;
/// let mut timetable = Timetable::new(hourly, Missed::Once, noon);
/// // Nobody has looked for three hours: one run stands for all of them.
/// let due = timetable.due(noon + TimeDelta::hours(3));
/// assert_eq!((due.fires.len(), due.late), (1, true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Timetable {
    schedule: Schedule,
    missed: Missed,
    mark: Instant,
    /// The first instant after the mark, once it was asked for.
    next: OnceCell<Option<Instant>>,
}

impl Timetable {
    /// A timetable whose instants up to `mark` are done.
    pub fn new(schedule: Schedule, missed: Missed, mark: Instant) -> Self {
        Self { schedule, missed, mark, next: OnceCell::new() }
    }

    /// The instant up to which all instants are done.
    pub fn mark(&self) -> Instant {
        self.mark
    }

    /// The next instant that is not done; `None` if the schedule has no further one.
    pub fn next(&self) -> Option<Instant> {
        *self.next.get_or_init(|| self.schedule.next_after(self.mark))
    }

    /// The next instant as a clock that shows `now` has it: a mark that lies too far ahead is taken back first.
    pub fn next_at(&mut self, now: Instant) -> Option<Instant> {
        self.correct(now);
        self.next()
    }

    /// Notes that all instants up to `instant` are done.
    pub fn pass(&mut self, instant: Instant) {
        self.move_mark(self.mark.max(instant));
    }

    /// Takes the mark back to `now` where it lies further ahead than [`CORRECTION`].
    fn correct(&mut self, now: Instant) {
        if self.mark - now > CORRECTION {
            self.move_mark(now);
        }
    }

    fn move_mark(&mut self, mark: Instant) {
        if mark != self.mark {
            self.mark = mark;
            self.next = OnceCell::new();
        }
    }

    /// The instants that are due at `now`. An instant stays due until it is passed.
    pub fn due(&mut self, now: Instant) -> Due {
        self.correct(now);
        let (mut passed, more) = self.passed(now);
        let Some(last) = passed.last().copied() else { return Due::default() };
        let on_time = now - last <= ON_TIME;
        let missed = if on_time { passed.len() - 1 } else { passed.len() };
        let more = usize::from(more);
        match self.missed {
            Missed::Skip if on_time => Due { fires: vec![last], dropped: missed + more, late: false },
            Missed::Skip => Due { fires: Vec::new(), dropped: missed + more, late: false },
            Missed::Once => {
                let dropped = passed.len() - 1 + more;
                Due { fires: vec![last], dropped, late: missed > 0 }
            }
            Missed::All => {
                let surplus = passed.len().saturating_sub(MOST_MISSED);
                passed.drain(..surplus);
                Due { fires: passed, dropped: surplus + more, late: missed > 0 }
            }
        }
    }

    /// The last instants up to `now` that are not done, at least [`MOST_MISSED`] of them if there are so many, and whether there
    /// are earlier ones.
    ///
    /// A job that is due each second passes 31 million instants in a year of freeze, so the search goes back in growing spans.
    fn passed(&self, now: Instant) -> (Vec<Instant>, bool) {
        let mut span = FIRST_SPAN;
        loop {
            let from = self.mark.max(now - span);
            let found = self.between(from, now);
            let whole = from == self.mark;
            if whole || found.len() > MOST_MISSED {
                return (found, !whole);
            }
            span = span * 4;
        }
    }

    fn between(&self, from: Instant, now: Instant) -> Vec<Instant> {
        std::iter::successors(self.schedule.next_after(from), |last| self.schedule.next_after(*last))
            .take_while(|instant| *instant <= now)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::*;

    const HOURLY: &str = "0 * * * *";

    fn at(text: &str) -> Instant {
        text.parse::<DateTime<Utc>>().unwrap()
    }

    fn timetable(pattern: &str, missed: Missed, mark: &str) -> Timetable {
        Timetable::new(Schedule::pattern(pattern, Tz::Europe__Berlin).unwrap(), missed, at(mark))
    }

    /// Looks at the timetable at a time, and fires what is due.
    fn fired(timetable: &mut Timetable, now: Instant) -> Due {
        let due = timetable.due(now);
        due.fires.iter().for_each(|fire| timetable.pass(*fire));
        if due.fires.is_empty() && due.dropped > 0 {
            timetable.pass(now);
        }
        due
    }

    #[test]
    fn nothing_is_due_before_its_time_and_each_instant_is_due_once() {
        let mut hourly = timetable(HOURLY, Missed::Skip, "2026-06-01T09:30:00Z");
        assert_eq!(hourly.next(), Some(at("2026-06-01T10:00:00Z")));
        assert_eq!(hourly.due(at("2026-06-01T09:59:59.999Z")), Due::default());
        let due = hourly.due(at("2026-06-01T10:00:00Z"));
        assert_eq!(due, Due { fires: vec![at("2026-06-01T10:00:00Z")], dropped: 0, late: false });
        // What was not passed is due again.
        assert_eq!(hourly.due(at("2026-06-01T10:00:01Z")), due);
        hourly.pass(at("2026-06-01T10:00:00Z"));
        assert_eq!(hourly.due(at("2026-06-01T10:00:02Z")), Due::default());
    }

    #[test]
    fn a_process_that_was_frozen_goes_by_the_policy() {
        let thawed = at("2026-06-01T14:20:00Z");
        let hours = |hours: &[u32]| -> Vec<Instant> {
            hours.iter().map(|hour| at(&format!("2026-06-01T{hour:02}:00:00Z"))).collect()
        };
        for (missed, fires, dropped) in [
            (Missed::Skip, hours(&[]), 5),
            (Missed::Once, hours(&[14]), 4),
            (Missed::All, hours(&[10, 11, 12, 13, 14]), 0),
        ] {
            let mut hourly = timetable(HOURLY, missed, "2026-06-01T09:30:00Z");
            let due = fired(&mut hourly, thawed);
            assert_eq!((due.fires, due.dropped), (fires, dropped), "{missed:?}");
            assert_eq!(hourly.due(thawed), Due::default());
            assert_eq!(hourly.next(), Some(at("2026-06-01T15:00:00Z")));
        }
    }

    #[test]
    fn the_last_instant_is_on_time_though_others_were_missed() {
        let mut hourly = timetable(HOURLY, Missed::Skip, "2026-06-01T09:30:00Z");
        let due = fired(&mut hourly, at("2026-06-01T14:00:30Z"));
        assert_eq!(due, Due { fires: vec![at("2026-06-01T14:00:00Z")], dropped: 4, late: false });
    }

    #[test]
    fn a_clock_that_goes_back_a_little_repeats_nothing() {
        let mut hourly = timetable(HOURLY, Missed::All, "2026-06-01T09:30:00Z");
        fired(&mut hourly, at("2026-06-01T10:00:01Z"));
        for earlier in ["2026-06-01T09:10:00Z", "2026-06-01T10:00:00Z", "2026-06-01T10:59:00Z"] {
            assert_eq!(fired(&mut hourly, at(earlier)), Due::default());
        }
        assert_eq!(fired(&mut hourly, at("2026-06-01T11:00:00Z")).fires, [at("2026-06-01T11:00:00Z")]);
    }

    #[test]
    fn a_clock_that_was_far_ahead_is_forgotten() {
        let mut hourly = timetable(HOURLY, Missed::Skip, "2026-06-01T09:30:00Z");
        fired(&mut hourly, at("2031-01-01T00:00:00Z"));
        assert_eq!(fired(&mut hourly, at("2026-06-01T10:30:00Z")), Due::default());
        assert_eq!(hourly.next(), Some(at("2026-06-01T11:00:00Z")));
    }

    #[test]
    fn a_clock_that_jumps_ahead_has_missed_what_lies_between() {
        let mut hourly = timetable(HOURLY, Missed::Once, "2026-06-01T09:30:00Z");
        let due = fired(&mut hourly, at("2026-06-04T09:30:00Z"));
        assert_eq!(due, Due { fires: vec![at("2026-06-04T09:00:00Z")], dropped: 71, late: true });
    }

    #[test]
    fn a_job_of_each_second_that_was_frozen_for_a_year_makes_up_for_the_last_hundred() {
        let mut timetable = timetable("* * * * * *", Missed::All, "2025-06-01T00:00:00Z");
        let now = at("2026-06-01T00:00:00Z");
        let due = fired(&mut timetable, now);
        assert_eq!((due.fires.len(), due.fires.last()), (MOST_MISSED, Some(&now)));
        assert!(due.dropped > 0);
        assert_eq!(timetable.due(now), Due::default());
    }

    proptest! {
        #[test]
        fn whatever_the_clock_does_no_instant_comes_twice_or_early(
            steps in prop::collection::vec(-9_000_i64..20_000, 1..200),
            missed in prop::sample::select(vec![Missed::Skip, Missed::Once, Missed::All]),
            pattern in prop::sample::select(vec![HOURLY, "*/7 * * * *", "30 2 * * *", "15,45 1-3 * * *"]),
        ) {
            // Across the autumn edge; no step back is taken for a correction.
            let mut timetable = timetable(pattern, missed, "2026-10-24T20:00:00Z");
            let (mut now, mut last) = (at("2026-10-24T20:00:00Z"), at("2026-10-24T20:00:00Z"));
            let mut latest = now;
            for step in steps {
                now = (now + TimeDelta::seconds(step)).max(latest - CORRECTION);
                latest = latest.max(now);
                for fire in fired(&mut timetable, now).fires {
                    prop_assert!(fire > last && fire <= now);
                    last = fire;
                }
            }
        }
    }
}
