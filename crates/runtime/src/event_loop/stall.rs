//! Stalls of an event loop: from the first sight of one to the line that tells of it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use twinloop_mailbox::Drained;

use crate::core::Core;
use crate::event_loop::suspects::Suspects;
use crate::lock::lock;
use crate::log::Level;

/// Most handlers that a line names.
const MAX_NAMED: usize = 5;

/// How many limits a stall lasts before it is told of while it lasts.
const LONG: u32 = 10;

/// A loop that does not turn.
#[derive(Clone, Debug)]
pub(super) struct Stall {
    /// The wake-up that the loop did not answer, by which the drain that ends the stall is known.
    rung: Instant,
    /// Since when the loop is known to be blocked.
    since: Instant,
    names: Vec<String>,
    /// Whether each sight was within a handler.
    is_certain: bool,
    trace: Option<String>,
    /// Whether it was told of already.
    is_told: bool,
    lasted: Duration,
}

/// The stalls of one event loop.
#[derive(Default)]
pub(super) struct Stalls {
    seen: Mutex<Option<Stall>>,
    /// Whether `seen` has something, for drains, which are many.
    has_seen: AtomicBool,
}

impl Stalls {
    /// Adds a sight of a loop that has not turned since `rung`. Returns the stall if it is to be told of while it lasts.
    pub(super) fn seen(
        &self,
        rung: Instant,
        now: Instant,
        found: Suspects,
        limit: Duration,
    ) -> Option<Stall> {
        let since = found.certain_since.map_or(rung, |since| since.min(rung));
        let is_certain = found.certain_since.is_some();
        let mut seen = lock(&self.seen);
        self.has_seen.store(true, Ordering::Release);
        let stall = match &mut *seen {
            Some(stall) if stall.rung == rung => stall,
            other => other.insert(Stall {
                rung,
                since,
                names: Vec::new(),
                is_certain,
                trace: found.trace.clone(),
                is_told: false,
                lasted: Duration::ZERO,
            }),
        };
        stall.since = stall.since.min(since);
        stall.is_certain &= is_certain;
        for name in found.names {
            if !stall.names.contains(&name) {
                stall.names.push(name);
            }
        }
        stall.lasted = now.saturating_duration_since(stall.since);
        let is_long = stall.lasted >= limit.saturating_mul(LONG) && !stall.is_told;
        stall.is_told |= is_long;
        is_long.then(|| stall.clone())
    }

    /// Takes the drain that may end a stall. Returns the stall where the loop was blocked for at least `limit`.
    pub(super) fn ended(&self, drained: Drained, limit: Duration) -> Option<Stall> {
        let seen = if self.has_seen.swap(false, Ordering::Acquire) { lock(&self.seen).take() } else { None };
        let rung = drained.rung?;
        // A sight of an earlier wake-up came too late for its drain.
        let seen = seen.filter(|stall| stall.rung == rung);
        let since = seen.as_ref().map_or(rung, |stall| stall.since);
        let lasted = drained.at.saturating_duration_since(since);
        if lasted < limit {
            return None;
        }
        let unseen = || Stall {
            rung,
            since,
            names: Vec::new(),
            is_certain: false,
            trace: None,
            is_told: false,
            lasted,
        };
        Some(Stall { lasted, ..seen.unwrap_or_else(unseen) })
    }
}

impl Stall {
    /// Logs a stall that has ended.
    pub(super) fn log_end(&self, core: &Core, isolate: u32) {
        let message =
            format!("blocked the event loop for {} ms: {}", self.lasted.as_millis(), self.culprit());
        core.log(Level::Warn, &message, &self.fields(isolate));
    }

    /// Logs a stall that lasts.
    pub(super) fn log_long(&self, core: &Core, isolate: u32, limit: Duration) {
        let message =
            format!("blocks the event loop, for {} ms so far: {}", self.lasted.as_millis(), self.culprit());
        core.log_now(limit, Level::Warn, &message, &self.fields(isolate));
    }

    fn culprit(&self) -> String {
        let (named, more) = (self.named(), self.names.len().saturating_sub(MAX_NAMED));
        match named {
            [] => "code outside of handlers".to_owned(),
            [name] if more == 0 => name.clone(),
            named if more == 0 => format!("one of {}", named.join(", ")),
            named => format!("one of {} and {more} more", named.join(", ")),
        }
    }

    fn named(&self) -> &[String] {
        &self.names[..self.names.len().min(MAX_NAMED)]
    }

    fn fields(&self, isolate: u32) -> Value {
        let blocked_ms = u64::try_from(self.lasted.as_millis()).unwrap_or(u64::MAX);
        let mut fields = Map::from_iter([
            ("isolate".to_owned(), json!(isolate)),
            ("blockedMs".to_owned(), json!(blocked_ms)),
        ]);
        match self.named() {
            [] => {}
            [name] if self.is_certain => _ = fields.insert("handler".to_owned(), json!(name)),
            names => _ = fields.insert("candidates".to_owned(), json!(names)),
        }
        if let Some(trace) = self.trace.as_ref().filter(|_| self.is_certain && self.names.len() == 1) {
            fields.insert("trace_id".to_owned(), json!(trace));
        }
        Value::Object(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(200);

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn found(names: &[&str], certain_since: Option<Instant>) -> Suspects {
        Suspects { names: names.iter().map(|&name| name.to_owned()).collect(), certain_since, trace: None }
    }

    fn drained(at: Instant, rung: Instant) -> Drained {
        Drained { at, rung: Some(rung), items: 1 }
    }

    #[test]
    fn a_stall_within_a_handler_counts_from_the_drain_before_it() {
        let (stalls, drain) = (Stalls::default(), Instant::now());
        let rung = drain + ms(50);
        assert!(stalls.seen(rung, rung + ms(60), found(&["a.b"], Some(drain)), LIMIT).is_none());
        let stall = stalls.ended(drained(drain + ms(210), rung), LIMIT).unwrap();
        assert_eq!((stall.lasted, stall.culprit()), (ms(210), "a.b".to_owned()));
        assert!(stalls.ended(drained(drain + ms(212), drain + ms(211)), LIMIT).is_none());
    }

    #[test]
    fn a_late_drain_without_any_sight_names_nobody() {
        let (stalls, rung) = (Stalls::default(), Instant::now());
        let stall = stalls.ended(drained(rung + ms(300), rung), LIMIT).unwrap();
        assert_eq!(stall.culprit(), "code outside of handlers");
        assert!(stalls.ended(Drained { at: rung + ms(900), rung: None, items: 0 }, LIMIT).is_none());
    }

    #[test]
    fn a_sight_that_comes_after_its_drain_is_not_the_next_stalls() {
        let (stalls, rung) = (Stalls::default(), Instant::now());
        stalls.seen(rung, rung + ms(60), found(&["late.one"], None), LIMIT);
        let next = rung + ms(100);
        let stall = stalls.ended(drained(next + ms(250), next), LIMIT).unwrap();
        assert_eq!((stall.lasted, stall.names.len()), (ms(250), 0));
    }

    #[test]
    fn a_stall_that_lasts_is_told_of_once_and_names_who_was_seen() {
        let (stalls, rung) = (Stalls::default(), Instant::now());
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let long: Vec<bool> = (1..=50)
            .map(|tick| {
                let seen = found(&names[..names.len().min(tick)], Some(rung));
                let now = rung + ms(60) * u32::try_from(tick).unwrap();
                stalls.seen(rung, now, seen, LIMIT).is_some()
            })
            .collect();
        assert_eq!(long.iter().filter(|&&told| told).count(), 1);
        assert_eq!(long.iter().position(|&told| told), Some(33), "2,040 ms");
        let stall = stalls.ended(drained(rung + ms(3000), rung), LIMIT).unwrap();
        assert_eq!(stall.culprit(), "one of a, b, c, d, e and 2 more");
        assert_eq!(stall.fields(4)["candidates"].as_array().unwrap().len(), 5);
    }
}
