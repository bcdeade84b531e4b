//! The metrics of publishes and deliveries, by the names of OpenTelemetry's semantic conventions for messaging.
//!
//! Topics and subscriptions keep the series that they use, so that a message costs additions and no look-up.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use twinloop_runtime::Failure;
use twinloop_runtime::telemetry::{
    Counter, DURATION_SECONDS, Family, Gauge, Histogram, MetricKind, MetricSpec, TraceContext, telemetry,
};

use crate::provider::message::Depth;

/// Upper bounds for the attempts that messages take.
const ATTEMPTS: &[f64] = &[1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0, 50.0, 100.0];

const OPERATION: &str = "messaging.operation.name";
const SYSTEM: &str = "messaging.system";
const TOPIC: &str = "messaging.destination.name";
const SUBSCRIPTION: &str = "messaging.destination.subscription.name";
const ERROR: &str = "error.type";
const OUTCOME: &str = "twinloop.outcome";

/// The name of a provider as `messaging.system` has it.
pub(crate) fn system_of(provider: &str) -> &'static str {
    match provider {
        "postgres" => "postgresql",
        "rabbitmq" => "rabbitmq",
        "nats" => "nats",
        _ => "twinloop",
    }
}

/// How an attempt has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeliveryOutcome {
    /// The handler succeeded.
    Done,
    /// The handler failed, and the message is delivered again.
    Retried,
    /// The handler failed, and the message is a dead letter.
    Dead,
    /// No handler had it, or the app stops: the message is delivered again, uncounted.
    Released,
    /// The message does not fit its topic's type.
    Misfit,
    /// The message is older than its subscription keeps it.
    Expired,
    /// The message is with another process.
    Lost,
}

impl DeliveryOutcome {
    const ALL: [Self; 7] =
        [Self::Done, Self::Retried, Self::Dead, Self::Released, Self::Misfit, Self::Expired, Self::Lost];

    /// The value of `twinloop.outcome`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retried => "retried",
            Self::Dead => "dead",
            Self::Released => "released",
            Self::Misfit => "misfit",
            Self::Expired => "expired",
            Self::Lost => "lost",
        }
    }

    /// Whether the message is not delivered again.
    fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Dead | Self::Misfit | Self::Expired)
    }
}

/// The families of pubsub, one of each for the process.
struct Families {
    send_duration: Arc<Family<Vec<String>, Histogram>>,
    sent: Arc<Family<Vec<String>, Counter>>,
    process_duration: Arc<Family<Vec<String>, Histogram>>,
    consumed: Arc<Family<Vec<String>, Counter>>,
    attempts: Arc<Family<Vec<String>, Histogram>>,
    dead_letters: Arc<Family<Vec<String>, Counter>>,
    filtered: Arc<Family<Vec<String>, Counter>>,
    depth: Arc<Family<Vec<String>, Gauge>>,
    age: Arc<Family<Vec<String>, Gauge>>,
}

impl Families {
    fn new() -> Self {
        let metrics = &telemetry().metrics;
        let seconds =
            |name, help| MetricSpec::new(MetricKind::Histogram, name, "s", help).bounds(DURATION_SECONDS);
        let counter = |name, unit, help| MetricSpec::new(MetricKind::Counter, name, unit, help);
        let gauge = |name, unit, help| MetricSpec::new(MetricKind::Gauge, name, unit, help);
        Self {
            send_duration: metrics.family(
                seconds(
                    "messaging.client.operation.duration",
                    "How long publishes take until the broker has stored them.",
                )
                .labels(&[OPERATION, SYSTEM, TOPIC, ERROR]),
            ),
            sent: metrics.family(
                counter("messaging.client.sent.messages", "{message}", "Messages that were published.")
                    .labels(&[OPERATION, SYSTEM, TOPIC, ERROR]),
            ),
            process_duration: metrics.family(
                seconds(
                    "messaging.process.duration",
                    "How long messages are processed, waiting for the isolate included.",
                )
                .labels(&[OPERATION, SYSTEM, TOPIC, SUBSCRIPTION, OUTCOME]),
            ),
            consumed: metrics.family(
                counter(
                    "messaging.client.consumed.messages",
                    "{message}",
                    "Messages that were received, again at each attempt.",
                )
                .labels(&[OPERATION, SYSTEM, TOPIC, SUBSCRIPTION]),
            ),
            attempts: metrics.family(
                MetricSpec::new(
                    MetricKind::Histogram,
                    "twinloop.messaging.attempts",
                    "{attempt}",
                    "Attempts that messages took until they were done or dead.",
                )
                .bounds(ATTEMPTS)
                .labels(&[SYSTEM, TOPIC, SUBSCRIPTION, OUTCOME]),
            ),
            dead_letters: metrics.family(
                counter("twinloop.messaging.dead_letters", "{message}", "Messages that became dead letters.")
                    .labels(&[SYSTEM, TOPIC, SUBSCRIPTION, "twinloop.reason"]),
            ),
            filtered: metrics.family(
                counter("twinloop.messaging.filtered", "{message}", "Messages that a filter refused.")
                    .labels(&[SYSTEM, TOPIC, SUBSCRIPTION]),
            ),
            depth: metrics.family(
                gauge(
                    "twinloop.messaging.queue.depth",
                    "{message}",
                    "Messages of a subscription by their state, in all processes.",
                )
                .labels(&[SYSTEM, TOPIC, SUBSCRIPTION, "twinloop.state"]),
            ),
            age: metrics.family(
                gauge(
                    "twinloop.messaging.queue.age",
                    "s",
                    "Age of the oldest message that could be delivered.",
                )
                .labels(&[SYSTEM, TOPIC, SUBSCRIPTION]),
            ),
        }
    }
}

fn families() -> &'static Families {
    static FAMILIES: OnceLock<Families> = OnceLock::new();
    FAMILIES.get_or_init(Families::new)
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|&value| value.to_owned()).collect()
}

/// The metrics of publishes to one topic.
pub(crate) struct TopicMetrics {
    system: &'static str,
    topic: String,
    duration: Arc<Histogram>,
    sent: Arc<Counter>,
}

impl TopicMetrics {
    /// The metrics of a topic of a broker that `messaging.system` calls so.
    pub(crate) fn new(system: &'static str, topic: &str) -> Self {
        let well = texts(&["send", system, topic, ""]);
        Self {
            system,
            topic: topic.to_owned(),
            duration: families().send_duration.get(well.clone()),
            sent: families().sent.get(well),
        }
    }

    /// The value of `messaging.system`.
    pub(crate) fn system(&self) -> &'static str {
        self.system
    }

    /// Records a publish of `count` messages; `exemplar` is its span where that is exported.
    pub(crate) fn sent(
        &self,
        count: usize,
        took: Duration,
        error: Option<&Failure>,
        exemplar: Option<TraceContext>,
    ) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let Some(error) = error else {
            self.sent.add(count);
            return record(&self.duration, took, exemplar);
        };
        let failed = texts(&["send", self.system, &self.topic, error.code.as_str()]);
        families().sent.get(failed.clone()).add(count);
        record(&families().send_duration.get(failed), took, exemplar);
    }
}

/// The metrics of the deliveries and the queue of one subscription.
pub(crate) struct SubscriptionMetrics {
    system: &'static str,
    /// System, topic and subscription.
    place: [String; 3],
    consumed: Arc<Counter>,
    /// By outcome.
    duration: [OnceLock<Arc<Histogram>>; DeliveryOutcome::ALL.len()],
    /// By outcome.
    attempts: [OnceLock<Arc<Histogram>>; DeliveryOutcome::ALL.len()],
}

impl SubscriptionMetrics {
    /// The metrics of a subscription of a broker that `messaging.system` calls so.
    pub(crate) fn new(system: &'static str, topic: &str, subscription: &str) -> Self {
        Self {
            system,
            place: [system.to_owned(), topic.to_owned(), subscription.to_owned()],
            consumed: families().consumed.get(texts(&["receive", system, topic, subscription])),
            duration: Default::default(),
            attempts: Default::default(),
        }
    }

    /// The value of `messaging.system`.
    pub(crate) fn system(&self) -> &'static str {
        self.system
    }

    /// Counts a message that was received.
    pub(crate) fn received(&self) {
        self.consumed.increment();
    }

    /// Records an attempt; `exemplar` is its span where that is exported.
    pub(crate) fn processed(
        &self,
        outcome: DeliveryOutcome,
        attempt: u32,
        took: Duration,
        exemplar: Option<TraceContext>,
    ) {
        let place = outcome as usize;
        let [system, topic, subscription] = self.place.each_ref().map(String::as_str);
        let duration = self.duration[place].get_or_init(|| {
            families().process_duration.get(texts(&["process", system, topic, subscription, outcome.name()]))
        });
        record(duration, took, exemplar);
        if outcome.is_final() {
            let attempts = self.attempts[place].get_or_init(|| {
                families().attempts.get(texts(&[system, topic, subscription, outcome.name()]))
            });
            attempts.record(f64::from(attempt));
        }
    }

    /// Counts a message that became a dead letter.
    pub(crate) fn buried(&self, reason: &'static str) {
        families().dead_letters.get(self.labels(reason)).increment();
    }

    /// Counts a message that the subscription's filter refuses.
    pub(crate) fn filtered(&self) {
        families().filtered.get(self.place.to_vec()).increment();
    }

    /// Sets the gauges of the queue.
    #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    pub(crate) fn set_depth(&self, depth: &Depth) {
        for (state, count) in states(depth) {
            families().depth.get(self.labels(state)).set(count as f64);
        }
        families().age.get(self.place.to_vec()).set(depth.oldest_ms as f64 / 1000.0);
    }

    /// Drops the gauges of the queue, because nobody knows the values any more.
    pub(crate) fn forget_depth(&self) {
        for (state, _) in states(&Depth::default()) {
            families().depth.forget(&self.labels(state));
        }
        families().age.forget(&self.place.to_vec());
    }

    fn labels(&self, last: &str) -> Vec<String> {
        self.place.iter().cloned().chain([last.to_owned()]).collect()
    }
}

fn states(depth: &Depth) -> [(&'static str, u64); 4] {
    let Depth { ready, delayed, in_flight, dead, .. } = *depth;
    [("ready", ready), ("delayed", delayed), ("in_flight", in_flight), ("dead", dead)]
}

fn record(histogram: &Histogram, took: Duration, exemplar: Option<TraceContext>) {
    match exemplar {
        Some(context) => histogram.record_in(took.as_secs_f64(), context),
        None => histogram.record_duration(took),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_place() {
        for (place, outcome) in DeliveryOutcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, place);
        }
    }
}
