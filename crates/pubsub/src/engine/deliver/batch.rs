//! One attempt of a batch: several deliveries of one subscription that a handler is given in one call.
//!
//! Each delivery keeps its own attempts, lease and fate: what is too old or does not fit is buried before the crossing and is no part of
//! the batch, and a handler may fail single messages. The batch has one job, one time limit and one span.

use futures_util::future::{join, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::oneshot::Receiver;
use twinloop_mailbox::{Job, Pending, Text};

use crate::engine::deliver::attempt::{Attempt, Ended};
use crate::engine::deliver::counters::DeliveryCounters;
use crate::engine::deliver::disposition::{self, Disposition};
use crate::engine::deliver::subscriber::{AttemptStop, OutGuard};
use crate::provider::message::{Burial, DeadReason, Delivery};
use crate::telemetry::batch_processing::BatchProcessing;
use crate::telemetry::processing::Processing;

/// A delivery that waits for its batch, or is part of one; its lease is extended meanwhile.
pub(crate) struct Gathered {
    pub(crate) delivery: Delivery,
    /// Counts the delivery as in flight until the provider has stored its fate.
    pub(crate) guard: OutGuard,
}

/// What was decided of a delivery before the crossing.
enum Checked {
    /// The text that the handler is given.
    Fit(Text),
    Refused(Burial),
}

impl Attempt {
    /// Runs one attempt of each delivery in one job, and settles each by itself.
    pub(crate) async fn run_batch(self, batch: Vec<Gathered>) -> Ended {
        let count = batch.len();
        let (deliveries, guards): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|Gathered { delivery, guard }| (delivery, guard)).unzip();
        let mut given = Vec::with_capacity(count);
        let mut texts = Vec::with_capacity(count);
        let mut refused = Vec::new();
        for delivery in deliveries {
            match self.checked(&delivery) {
                Checked::Fit(text) => {
                    given.push(delivery);
                    texts.push(text);
                }
                Checked::Refused(burial) => refused.push((delivery, burial)),
            }
        }
        let refusals = refused.into_iter().map(|(delivery, burial)| self.refuse(delivery, burial));
        let fitting = async { !given.is_empty() && self.run_fitting(given, &texts).await };
        let (_, released) = join(join_all(refusals), fitting).await;
        drop(guards);
        Ended { released, count }
    }

    fn checked(&self, delivery: &Delivery) -> Checked {
        if let Some(burial) = disposition::before(&self.subscriber.policy, delivery, self.engine.now()) {
            return Checked::Refused(burial);
        }
        let checked = self.engine.topic(self.subscriber.topic).map(|topic| {
            topic.check(&self.engine.registry, &delivery.body).map_err(|refusal| refusal.to_string())
        });
        let error = match checked {
            Ok(Ok(text)) => return Checked::Fit(text),
            Ok(Err(refusal)) => format!("invalid_argument: {refusal}"),
            Err(failure) => failure.to_string(),
        };
        Checked::Refused(Burial { reason: DeadReason::Misfit, error, stack: None })
    }

    /// Buries a message that no handler is given, as an attempt of its own.
    async fn refuse(&self, delivery: Delivery, burial: Burial) {
        let processing = Processing::begin(&self.subscriber, &delivery);
        let disposition = Disposition::Refuse(burial);
        let processing = processing.handled(&disposition);
        self.note(&delivery, processing.place(), &disposition);
        self.settle(&delivery, &disposition).await;
        processing.end(&disposition);
    }

    /// Hands the messages to an isolate and settles each. Returns whether they were released because none could take them.
    async fn run_fitting(&self, given: Vec<Delivery>, texts: &[Text]) -> bool {
        let processing = BatchProcessing::begin(&self.subscriber, &given);
        let job = Job {
            component: self.engine.serving.component(),
            is_counted: false,
            target: self.subscriber.number,
            text: list_of(texts),
            context: Some(processing.context()),
            timeout: Some(self.subscriber.policy.timeout),
            intake: None,
        };
        let dispositions = match self.engine.serving.submit(job) {
            Err(_) => given.iter().map(|_| Disposition::Release).collect(),
            Ok((isolate, pending)) => {
                let stops = given.iter().enumerate().map(|(index, delivery)| {
                    DeliveryCounters::count(&self.subscriber.counters.delivered);
                    (index, self.subscriber.with_isolate(delivery.lease, isolate))
                });
                let stops: Vec<_> = stops.collect();
                self.answered(&given, pending, stops).await
            }
        };
        let processing = processing.handled(&given, &dispositions);
        let settled = given.iter().zip(&dispositions).map(|(delivery, disposition)| {
            self.note(delivery, processing.place(), disposition);
            self.settle(delivery, disposition)
        });
        join_all(settled).await;
        processing.end(&dispositions);
        dispositions.iter().any(|disposition| matches!(disposition, Disposition::Release))
    }

    /// Waits for the isolate's answer, for the stop of the app, or until another process has the lease of every message.
    async fn answered(
        &self,
        given: &[Delivery],
        pending: Pending,
        stops: Vec<(usize, Receiver<AttemptStop>)>,
    ) -> Vec<Disposition> {
        let mut lost = vec![false; given.len()];
        let mut stops: FuturesUnordered<_> =
            stops.into_iter().map(|(index, stop)| async move { (index, stop.await) }).collect();
        let mut pending = std::pin::pin!(pending);
        let dispositions: Vec<_> = loop {
            tokio::select! {
                outcome = &mut pending => {
                    let attempts: Vec<_> = given.iter().map(|delivery| delivery.attempt).collect();
                    break disposition::after_batch(&self.subscriber.policy, &attempts, outcome);
                }
                Some((index, stopped)) = stops.next() => match stopped {
                    Ok(AttemptStop::GiveBack) => break given.iter().map(|_| Disposition::Release).collect(),
                    Ok(AttemptStop::Lost) => {
                        lost[index] = true;
                        if lost.iter().all(|lost| *lost) {
                            break given.iter().map(|_| Disposition::Nothing).collect();
                        }
                    }
                    // The guard has gone, which ends with the batch only.
                    Err(_) => {}
                }
            }
        };
        let kept = |(disposition, lost)| if lost { Disposition::Nothing } else { disposition };
        dispositions.into_iter().zip(lost).map(kept).collect()
    }
}

/// Writes the messages as one JSON list. All have one type, so that all or none are tagged.
fn list_of(texts: &[Text]) -> Text {
    let bytes: usize = texts.iter().map(|text| text.bytes.len() + 1).sum();
    let mut list = Text {
        bytes: Vec::with_capacity(bytes + 1),
        ascii: texts.iter().all(|text| text.ascii),
        tagged: texts.iter().any(|text| text.tagged),
        framed: false,
    };
    for text in texts {
        list.bytes.push(if list.bytes.is_empty() { b'[' } else { b',' });
        list.bytes.extend_from_slice(&text.bytes);
    }
    list.bytes.push(b']');
    list
}
