//! The fleet's watch: a task by which a process records in the broker which subscriptions it serves, and learns which ones
//! others do.
//!
//! Every two seconds the watch reads all subscriptions of the broker: the ones that are paused for the whole fleet, and the
//! ones that the app does not declare. A process without traffic also learns in this way that the broker cannot be reached.
//! Once a minute, or more often where an expiry is short, the watch records that this process serves its own subscriptions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use twinloop_runtime::{Failure, Level};

use super::Engine;
use crate::provider::operate::{Adopted, Expiry, Known};
use crate::provider::subscription::Subscription;

const LOOK_INTERVAL: Duration = Duration::from_secs(2);
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);
const SERVE_INTERVAL: Duration = Duration::from_secs(60);
/// Expiry of a subscription whose maker recorded none.
const DEFAULT_EXPIRY: Duration = Duration::from_secs(30 * 86_400);
/// Longest time by which a warning precedes an expiry; otherwise it comes a tenth of the expiry before.
const LONGEST_NOTICE: Duration = Duration::from_secs(3 * 86_400);
/// Greatest number of undeclared subscriptions that one look logs one by one.
const MAX_TOLD: usize = 20;

/// The states of an undeclared subscription that were logged already.
#[derive(Default)]
struct Told {
    is_found: bool,
    is_expiring: bool,
}

/// The state of the fleet's watch.
struct Watch {
    engine: Arc<Engine>,
    told: HashMap<(String, String), Told>,
    served: Option<Instant>,
    swept: Option<Instant>,
    is_first: bool,
}

/// Runs the watch until the task is aborted.
pub(crate) async fn run(engine: Arc<Engine>) {
    let mut watch = Watch { engine, told: HashMap::new(), served: None, swept: None, is_first: true };
    let shortest = watch.shortest();
    let pause = shortest.map_or(LOOK_INTERVAL, |time| (time / 8).clamp(SHORTEST_INTERVAL, LOOK_INTERVAL));
    loop {
        // The broker's health logs a failure, and the next look tries again.
        let looked = watch.look(shortest).await;
        let _ = watch.engine.health.note(looked);
        watch.engine.dead_letter_log.tell_suppressed(watch.engine.core);
        tokio::time::sleep(pause).await;
    }
}

impl Watch {
    /// Returns the shortest expiry or retention of dead letters, by which the watch sets its intervals.
    fn shortest(&self) -> Option<Duration> {
        let declared = self.engine.subscribers.iter().map(|subscriber| &subscriber.declared);
        let own = declared.flat_map(|each| each.expiry.into_iter().chain(each.dead_retention));
        let given = match self.engine.expiry {
            Some(Expiry::After(time)) => Some(time),
            _ => None,
        };
        own.chain(given).min()
    }

    async fn look(&mut self, shortest: Option<Duration>) -> Result<(), Failure> {
        let engine = Arc::clone(&self.engine);
        let interval =
            shortest.map_or(SERVE_INTERVAL, |time| (time / 4).clamp(SHORTEST_INTERVAL, SERVE_INTERVAL));
        let known = engine.broker.known().await?;
        // Comes before everything else: no message is pulled before the pause state is known.
        self.pause_and_resume(&known);
        if self.served.is_none_or(|last| last.elapsed() >= interval) {
            engine.broker.serve(&engine.declared()).await?;
            self.served = Some(Instant::now());
        }
        self.tell_of_others(&known).await?;
        self.is_first = false;
        if self.swept.is_none_or(|last| last.elapsed() >= interval) {
            self.swept = Some(Instant::now());
            self.forget_dead().await?;
        }
        Ok(())
    }

    fn pause_and_resume(&self, known: &[Known]) {
        for subscriber in &self.engine.subscribers {
            let Subscription { topic, name, .. } = &subscriber.declared;
            let found = known.iter().find(|each| each.is_called(topic, name));
            let is_paused = found.is_some_and(|each| each.is_paused);
            if subscriber.pause_fleet(is_paused) {
                let message = if is_paused {
                    "paused a subscription in all processes: an operator asked for it"
                } else {
                    "resumed a subscription in all processes"
                };
                self.engine.core.log(Level::Info, message, &json!({ "subscription": subscriber.name() }));
            }
        }
    }

    async fn tell_of_others(&mut self, known: &[Known]) -> Result<(), Failure> {
        let own = self.engine.declared();
        let is_own = |each: &Known| own.iter().any(|own| each.is_called(&own.topic, &own.name));
        let others: Vec<&Known> = known.iter().filter(|each| !is_own(each)).collect();
        self.told
            .retain(|(topic, name), _| others.iter().any(|each| each.topic == *topic && each.name == *name));
        let (mut count, mut more) = (0, 0);
        for other in others {
            self.expire(other).await?;
            if !self.is_news(other) {
                continue;
            }
            if count == MAX_TOLD {
                more += 1;
                self.told_of(other).is_found = true;
                continue;
            }
            count += usize::from(self.tell_of(other).await?);
        }
        if more > 0 {
            let message = format!(
                "found {more} more subscriptions in the broker, not in the app: `twinloop topics` lists them"
            );
            self.engine.core.log(Level::Warn, &message, &json!({ "count": more }));
        }
        Ok(())
    }

    fn told_of(&mut self, known: &Known) -> &mut Told {
        self.told.entry((known.topic.clone(), known.name.clone())).or_default()
    }

    /// Returns whether the subscription is to be logged: one that no process serves, or, at the start, one of the app's own
    /// topics whoever served it last, because an older version of the app may just have ended.
    fn is_news(&mut self, known: &Known) -> bool {
        let is_ours = self.engine.topics.iter().any(|topic| topic.name == known.topic);
        let looks = !known.is_served || (self.is_first && is_ours);
        looks && !self.told_of(known).is_found
    }

    /// Logs a subscription that the app does not declare. Returns false where nothing is to be logged yet.
    async fn tell_of(&mut self, known: &Known) -> Result<bool, Failure> {
        let engine = Arc::clone(&self.engine);
        let Known { topic, name, .. } = known;
        let depth = engine.broker.depth(topic, name).await?;
        let waiting = depth.ready + depth.delayed;
        if known.is_served && waiting + depth.dead == 0 {
            return Ok(false);
        }
        // A subscription that is served now is logged again when no process serves it any more.
        self.told_of(known).is_found = !known.is_served;
        // A broker that does not know the age reports 0.
        let oldest = match depth.oldest_ms {
            0 => String::new(),
            ms => format!(", the oldest for {}", age(ms)),
        };
        let served = age(u64::try_from(known.served_ago.as_millis()).unwrap_or(u64::MAX));
        let copies = if known.is_expired {
            "gets no more copies"
        } else {
            "gets a copy of each message that is published"
        };
        let advice = if known.is_served {
            "If that is another app, or a version of this one that still runs, all is well; one that was killed counts for two minutes"
                .to_owned()
        } else {
            format!(
                "Adopt it with renamedFrom, or run `twinloop topics move {topic}/{name} <topic/subscription>` or \
                 `twinloop topics delete {topic}/{name} --yes`"
            )
        };
        let message = format!(
            "found the subscription {topic}/{name} in the broker, not in the app: {waiting} messages wait in it{oldest}, {} are \
             dead; a process last served it {served} ago, and it {copies}. {advice}",
            depth.dead
        );
        let fields = json!({
            "subscription": format!("{topic}/{name}"),
            "ready": depth.ready,
            "delayed": depth.delayed,
            "dead": depth.dead,
            "oldestMs": depth.oldest_ms,
            "servedMsAgo": u64::try_from(known.served_ago.as_millis()).unwrap_or(u64::MAX),
        });
        engine.core.log(Level::Warn, &message, &fields);
        Ok(true)
    }

    /// Ends the copies to a subscription that no process has served for its expiry, after a warning.
    async fn expire(&mut self, known: &Known) -> Result<(), Failure> {
        let expiry = match self.engine.expiry.unwrap_or(known.expiry) {
            Expiry::Never => return Ok(()),
            Expiry::Unknown => DEFAULT_EXPIRY,
            Expiry::After(time) => time,
        };
        let Known { topic, name, served_ago, .. } = known;
        if known.is_expired || *served_ago + (expiry / 10).min(LONGEST_NOTICE) < expiry {
            return Ok(());
        }
        let engine = Arc::clone(&self.engine);
        let for_so_long = age(u64::try_from(served_ago.as_millis()).unwrap_or(u64::MAX));
        let fields = json!({ "subscription": format!("{topic}/{name}") });
        if *served_ago >= expiry {
            if engine.broker.expire(topic, name, expiry).await? {
                let message = format!(
                    "stopped copying messages to {topic}/{name}: no process has served it for {for_so_long} (subscriptionExpiry); \
                     what it holds stays until it is moved or deleted"
                );
                engine.core.log(Level::Warn, &message, &fields);
            }
        } else if !std::mem::replace(&mut self.told_of(known).is_expiring, true) {
            let left = age(u64::try_from(expiry.saturating_sub(*served_ago).as_millis()).unwrap_or(u64::MAX));
            let message = format!(
                "copies of messages to {topic}/{name} end in {left}: no process has served it for {for_so_long} \
                 (subscriptionExpiry)"
            );
            engine.core.log(Level::Warn, &message, &fields);
        }
        Ok(())
    }

    async fn forget_dead(&self) -> Result<(), Failure> {
        let engine = &self.engine;
        for subscriber in &engine.subscribers {
            let Subscription { topic, name, dead_retention: Some(kept_for), .. } = &subscriber.declared
            else {
                continue;
            };
            let Some(before) = engine.now().checked_sub(*kept_for) else { continue };
            let count = engine.broker.forget_dead(topic, name, before).await?;
            if count > 0 {
                let kept = age(u64::try_from(kept_for.as_millis()).unwrap_or(u64::MAX));
                let message =
                    format!("deleted {count} dead letters: older than {kept} (deadLetterRetention)");
                let fields = json!({ "subscription": subscriber.name(), "count": count });
                engine.core.log(Level::Info, &message, &fields);
            }
        }
        Ok(())
    }
}

/// Logs the subscriptions that were taken over from their former names at the start.
pub(crate) fn tell_of_adopted(core: &twinloop_runtime::Core, adopted: &[Adopted]) {
    for Adopted { topic, from, to, messages } in adopted {
        let message = format!(
            "adopted the subscription {topic}/{from} as {topic}/{to}: {messages} messages came with it"
        );
        let fields = json!({ "subscription": format!("{topic}/{to}"), "from": format!("{topic}/{from}"), "count": messages });
        core.log(Level::Info, &message, &fields);
    }
}

/// Formats milliseconds in the largest unit that they fill, such as `3 days`.
fn age(ms: u64) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)];
    let (unit, size) = units.into_iter().find(|(_, size)| ms >= *size).unwrap_or(("ms", 1));
    format!("{} {unit}", ms / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_largest_unit_that_it_fills() {
        for (ms, told) in [(7, "7 ms"), (61_000, "1 min"), (3_599_999, "59 min"), (2_592_000_000, "30 d")] {
            assert_eq!(age(ms), told);
        }
    }
}
