//! One delivery: from its receipt to the provider's note of what became of it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use twinloop_mailbox::{Job, Kind};
use twinloop_runtime::Level;

use super::Engine;
use super::context::DeliveryContext;
use super::counters::Counters;
use super::subscriber::{Stop, Subscriber};
use super::verdict::{self, Verdict};
use crate::broker::Consumer;
use crate::error::Error;
use crate::message::{Burial, DeadReason, Delivery};

/// Pauses between the tries to tell a provider what became of a message. After the last the lease runs out, and it comes again.
const TELL_AGAIN: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

pub(super) struct Attempt {
    pub(super) engine: Arc<Engine>,
    pub(super) subscriber: Arc<Subscriber>,
    pub(super) consumer: Arc<dyn Consumer>,
}

impl Attempt {
    /// Returns whether the message was given back: then nobody could take it, and the next should not come at once.
    pub(super) async fn run(self, delivery: Delivery) -> bool {
        let _out = self.subscriber.begin(delivery.lease);
        let verdict = self.verdict(&delivery).await;
        self.note(&delivery, &verdict);
        let mut pauses = TELL_AGAIN.iter();
        loop {
            match self.tell(&delivery, &verdict).await {
                Ok(()) => break,
                Err(error) if matches!(error.code(), "unavailable" | "aborted") => match pauses.next() {
                    Some(pause) => tokio::time::sleep(*pause).await,
                    None => break self.untold(&delivery, &error),
                },
                Err(error) => break self.untold(&delivery, &error),
            }
        }
        matches!(verdict, Verdict::Release)
    }

    async fn verdict(&self, delivery: &Delivery) -> Verdict {
        let policy = &self.subscriber.policy;
        if let Some(burial) = verdict::before(policy, delivery, self.engine.now()) {
            return Verdict::Bury(burial);
        }
        let Ok(topic) = self.engine.topic(self.subscriber.topic) else { return Verdict::Release };
        let text = match topic.check(&self.engine.registry, &delivery.body) {
            Ok(text) => text,
            Err(refusal) => {
                let error = format!("invalid_argument: {refusal}");
                return Verdict::Bury(Burial { reason: DeadReason::Misfit, error, stack: None });
            }
        };
        let job = Job {
            kind: Kind::Message,
            target: self.subscriber.number,
            text,
            context: Some(Arc::new(DeliveryContext::of(delivery))),
            timeout: Some(policy.timeout),
        };
        let Ok((isolate, pending)) = self.engine.serving.submit(job) else { return Verdict::Release };
        Counters::count(&self.subscriber.counters.delivered);
        let stopped = self.subscriber.with_isolate(delivery.lease, isolate.id);
        tokio::select! {
            outcome = pending => verdict::after(policy, delivery.attempt, outcome),
            Ok(stop) = stopped => match stop {
                Stop::GiveBack => Verdict::Release,
                Stop::Lost => Verdict::Nothing,
            },
        }
    }

    async fn tell(&self, delivery: &Delivery, verdict: &Verdict) -> Result<(), Error> {
        match verdict {
            Verdict::Acknowledge => self.consumer.acknowledge(delivery).await,
            Verdict::Retry { delay, .. } => self.consumer.retry(delivery, *delay).await,
            Verdict::Bury(burial) => self.consumer.bury(delivery, burial.clone()).await,
            Verdict::Release => self.consumer.release(delivery).await,
            Verdict::Nothing => Ok(()),
        }
    }

    /// Counts the verdict, and logs what somebody may want to look at. Never a body.
    fn note(&self, delivery: &Delivery, verdict: &Verdict) {
        let counters = &self.subscriber.counters;
        if matches!(verdict, Verdict::Acknowledge) {
            return Counters::count(&counters.acknowledged);
        }
        let mut fields = json!({
            "subscription": self.subscriber.name(),
            "messageId": delivery.id,
            "attempt": delivery.attempt,
        });
        match verdict {
            Verdict::Retry { delay, error, level } => {
                Counters::count(&counters.retried);
                fields["error"] = json!(error);
                fields["retryInMs"] = json!(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
                self.engine.core.log(*level, "a message will be delivered again", &fields);
            }
            Verdict::Bury(burial) => {
                Counters::count(&counters.buried);
                fields["error"] = json!(burial.error);
                fields["reason"] = json!(burial.reason.name());
                self.engine.core.log(Level::Error, "a message went to the dead letters", &fields);
            }
            Verdict::Acknowledge | Verdict::Release => {}
            Verdict::Nothing => {
                let message = "a message was taken over by another process while its handler ran";
                self.engine.core.log(Level::Warn, message, &fields);
            }
        }
    }

    fn untold(&self, delivery: &Delivery, error: &Error) {
        let fields = json!({
            "subscription": self.subscriber.name(),
            "messageId": delivery.id,
            "code": error.code(),
            "error": error.message(),
        });
        let message = "the outcome of a message could not be stored: it will be delivered again";
        self.engine.core.log(Level::Error, message, &fields);
    }
}
