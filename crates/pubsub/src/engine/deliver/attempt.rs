//! One attempt: from the receipt of a delivery until the provider has stored its outcome.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use twinloop_mailbox::{Job, Outcome};
use twinloop_runtime::telemetry::TraceContext;
use twinloop_runtime::{Code, Failure, Level};

use crate::engine::Engine;
use crate::engine::deliver::counters::DeliveryCounters;
use crate::engine::deliver::disposition::{self, Disposition};
use crate::engine::deliver::subscriber::{AttemptStop, Subscriber};
use crate::provider::broker::Consumer;
use crate::provider::message::{Burial, DeadReason, Delivery};
use crate::provider::results::{ResultChange, ResultState};
use crate::telemetry::processing::Processing;

/// Pauses before the outcome of a message is sent to the provider again. After the last one the lease runs out and the
/// message is delivered again.
const TELL_AGAIN: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// What has ended: an attempt of one message, or of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// Whether messages were released because no isolate could take them; the pump then pauses before it pulls more.
    pub(crate) released: bool,
    /// The number of messages.
    pub(crate) count: usize,
}

/// The means to handle deliveries: the engine, the subscription and the consumer that settles them.
pub(crate) struct Attempt {
    pub(crate) engine: Arc<Engine>,
    pub(crate) subscriber: Arc<Subscriber>,
    pub(crate) consumer: Arc<dyn Consumer>,
}

impl Attempt {
    /// Runs the attempt of one message.
    pub(crate) async fn run(self, delivery: Delivery) -> Ended {
        let _out = self.subscriber.begin(delivery.lease);
        let processing = Processing::begin(&self.subscriber, &delivery);
        let mut returned = None;
        let disposition = self.disposition(&delivery, &processing, &mut returned).await;
        let processing = processing.handled(&disposition);
        self.note(&delivery, processing.place(), &disposition);
        if self.keep_outcome(&delivery, &disposition, returned).await {
            self.settle(&delivery, &disposition).await;
        }
        processing.end(&disposition);
        Ended { released: matches!(disposition, Disposition::Release), count: 1 }
    }

    /// Acknowledges a message that the subscription's filter refuses: it is no attempt, and leaves no span.
    pub(crate) async fn pass_over(&self, delivery: &Delivery) -> Ended {
        let _out = self.subscriber.begin(delivery.lease);
        self.subscriber.metrics.filtered();
        self.settle(delivery, &Disposition::Acknowledge).await;
        Ended { released: false, count: 1 }
    }

    /// Has the provider store the disposition; tries again where it does not answer.
    pub(crate) async fn settle(&self, delivery: &Delivery, disposition: &Disposition) {
        let mut pauses = TELL_AGAIN.iter();
        while let Err(error) = self.engine.health.note(self.tell(delivery, disposition).await) {
            if !self.tries_again(delivery, &error, &mut pauses).await {
                return;
            }
        }
    }

    /// Stores the outcome of a message for whoever waits, where the subscription keeps results, before the message is settled: a process
    /// that dies in between handles the message again. False where that fails.
    async fn keep_outcome(
        &self,
        delivery: &Delivery,
        disposition: &Disposition,
        returned: Option<Bytes>,
    ) -> bool {
        if self.subscriber.policy.keep_results.is_none() {
            return true;
        }
        let told = match disposition {
            Disposition::Acknowledge => {
                let value = String::from_utf8_lossy(&returned.unwrap_or_default()).into_owned();
                let value = if value.is_empty() { "null".to_owned() } else { value };
                ResultChange { state: ResultState::Done, value }
            }
            Disposition::Bury(burial) | Disposition::Refuse(burial) => {
                ResultChange { state: ResultState::Failed, value: burial.error.clone() }
            }
            _ => return true,
        };
        let mut pauses = TELL_AGAIN.iter();
        loop {
            let stored = self.engine.tell_result(&self.subscriber, &delivery.id, told.clone()).await;
            let Err(error) = self.engine.health.note(stored) else { return true };
            if !self.tries_again(delivery, &error, &mut pauses).await {
                return false;
            }
        }
    }

    /// Waits before what could not be stored is told again. False where that makes no sense, which is logged.
    async fn tries_again(
        &self,
        delivery: &Delivery,
        error: &Failure,
        pauses: &mut std::slice::Iter<'_, Duration>,
    ) -> bool {
        let may_pass = error.is_outage() || error.code == Code::Aborted;
        let Some(pause) = pauses.next().filter(|_| may_pass) else {
            self.untold(delivery, error);
            return false;
        };
        tokio::time::sleep(*pause).await;
        true
    }

    /// `returned` becomes what the handler has returned, where the subscription keeps results.
    async fn disposition(
        &self,
        delivery: &Delivery,
        processing: &Processing,
        returned: &mut Option<Bytes>,
    ) -> Disposition {
        let policy = &self.subscriber.policy;
        if let Some(burial) = disposition::before(policy, delivery, self.engine.now()) {
            return Disposition::Refuse(burial);
        }
        let Ok(topic) = self.engine.topic(self.subscriber.topic) else { return Disposition::Release };
        let text = match topic.check(&self.engine.registry, &delivery.body) {
            Ok(text) => text,
            Err(refusal) => {
                let error = format!("invalid_argument: {refusal}");
                return Disposition::Refuse(Burial { reason: DeadReason::Misfit, error, stack: None });
            }
        };
        let job = Job {
            component: self.engine.serving.component(),
            is_counted: false,
            target: self.subscriber.number,
            text,
            context: Some(processing.context()),
            timeout: Some(policy.timeout),
            intake: None,
        };
        let Ok((isolate, pending)) = self.engine.serving.submit(job) else { return Disposition::Release };
        DeliveryCounters::count(&self.subscriber.counters.delivered);
        let stopped = self.subscriber.with_isolate(delivery.lease, isolate);
        tokio::select! {
            outcome = pending => {
                if let (Some(_), Outcome::Reply(reply)) = (policy.keep_results, &outcome) {
                    *returned = Some(reply.body.clone());
                }
                disposition::after(policy, delivery.attempt, outcome)
            }
            Ok(stop) = stopped => match stop {
                AttemptStop::GiveBack => Disposition::Release,
                AttemptStop::Lost => Disposition::Nothing,
            },
        }
    }

    async fn tell(&self, delivery: &Delivery, disposition: &Disposition) -> Result<(), Failure> {
        match disposition {
            Disposition::Acknowledge => self.consumer.acknowledge(delivery).await,
            Disposition::Retry { delay, .. } => self.consumer.retry(delivery, *delay).await,
            Disposition::Bury(burial) => self.consumer.bury(delivery, burial.clone()).await,
            Disposition::Refuse(burial) => {
                let unseen = Delivery { attempt: delivery.attempt.saturating_sub(1), ..delivery.clone() };
                self.consumer.bury(&unseen, burial.clone()).await
            }
            Disposition::Release => self.consumer.release(delivery).await,
            Disposition::Nothing => Ok(()),
        }
    }

    /// Counts the disposition and logs retries, burials and lost leases. The log never holds a body.
    pub(crate) fn note(&self, delivery: &Delivery, place: TraceContext, disposition: &Disposition) {
        let counters = &self.subscriber.counters;
        match disposition {
            Disposition::Acknowledge => DeliveryCounters::count(&counters.acknowledged),
            Disposition::Release => {}
            Disposition::Retry { delay, error, level } => {
                DeliveryCounters::count(&counters.retried);
                let mut fields = self.fields(delivery, place);
                fields["error"] = json!(error);
                fields["retryInMs"] = json!(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
                let message = "failed to handle a message; it will be delivered again";
                self.engine.core.log(*level, message, &fields);
            }
            Disposition::Bury(burial) | Disposition::Refuse(burial) => {
                DeliveryCounters::count(&counters.buried);
                self.subscriber.metrics.buried(burial.reason.name());
                if self.engine.dead_letter_log.admits(std::time::Instant::now()) {
                    let mut fields = self.fields(delivery, place);
                    fields["error"] = json!(burial.error);
                    fields["reason"] = json!(burial.reason.name());
                    self.engine.core.log(Level::Warn, "moved a message to the dead letters", &fields);
                }
            }
            Disposition::Nothing => {
                let message = "lost the lease of a message to another process while its handler ran";
                self.engine.core.log(Level::Warn, message, &self.fields(delivery, place));
            }
        }
    }

    /// The fields of a line about a delivery.
    fn fields(&self, delivery: &Delivery, place: TraceContext) -> serde_json::Value {
        json!({
            "subscription": self.subscriber.name(),
            "messageId": delivery.id,
            "attempt": delivery.attempt,
            "trace_id": place.trace.to_string(),
            "span_id": place.span.to_string(),
        })
    }

    fn untold(&self, delivery: &Delivery, error: &Failure) {
        let fields = json!({
            "subscription": self.subscriber.name(),
            "messageId": delivery.id,
            "code": error.code,
            "error": &error.message,
        });
        let message = "failed to store the outcome of a message; it will be delivered again";
        self.engine.core.log(Level::Error, message, &fields);
    }
}
