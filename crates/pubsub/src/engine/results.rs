//! Results: what handlers have returned, and how far they are, for whoever waits in any process.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use twinloop_runtime::Failure;

use crate::engine::Engine;
use crate::engine::deliver::subscriber::Subscriber;
use crate::provider::broker::Broker;
use crate::provider::results::{KnownResult, ResultChange, ResultName, ResultState, Results};

/// The most bytes of what is told of a progress.
const MAX_BYTES: usize = 1 << 20;
/// Longest time for which one call waits; the isolate asks again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Returns what keeps results at a provider.
///
/// Errors: `failed_precondition` where the provider keeps none.
pub(super) fn results_of<'a>(broker: &'a dyn Broker, subscription: &str) -> Result<&'a dyn Results, Failure> {
    broker.results().ok_or_else(|| {
        Failure::failed_precondition(format!(
            "the subscription {subscription} keeps results, which {} does not: set PUBSUB_URL to postgres://…, or remove keepResults",
            broker.name()
        ))
    })
}

impl Engine {
    /// Stores what is told of a message of a subscription that keeps results.
    pub(crate) async fn tell_result(
        &self,
        subscriber: &Subscriber,
        message: &str,
        told: ResultChange,
    ) -> Result<(), Failure> {
        let Some(kept_for) = subscriber.policy.keep_results else {
            return Err(Failure::failed_precondition(keeps_none(subscriber)));
        };
        let results = results_of(&*self.broker, &subscriber.name())?;
        results.tell(name(subscriber, message), told, kept_for).await
    }

    /// Stores how far a handler is.
    ///
    /// Errors: `invalid_argument` for more than 1 MiB.
    pub(crate) async fn tell_progress(
        &self,
        subscriber: &Subscriber,
        message: &str,
        value: &str,
    ) -> Result<(), Failure> {
        if value.len() > MAX_BYTES {
            return Err(Failure::invalid_argument(format!(
                "the progress has {} bytes as JSON, and at most {MAX_BYTES} are kept: store what is large elsewhere, and tell where it is",
                value.len()
            )));
        }
        let told = ResultChange { state: ResultState::Running, value: value.to_owned() };
        self.tell_result(subscriber, message, told).await
    }

    /// Waits until more is known of a message than `since`, for at most `wait`; null where nothing came.
    pub(crate) async fn await_result(
        &self,
        subscriber: &Subscriber,
        message: &str,
        since: u64,
        wait: Duration,
    ) -> Result<Value, Failure> {
        if subscriber.policy.keep_results.is_none() {
            return Err(Failure::failed_precondition(keeps_none(subscriber)));
        }
        let results = results_of(&*self.broker, &subscriber.name())?;
        let waiter = results.waiters().enter(message);
        let deadline = Instant::now() + wait.min(LONGEST_WAIT);
        loop {
            // Before the look, so that no change is missed.
            let changed = waiter.notified();
            let known = results.find(name(subscriber, message)).await?;
            if let Some(known) = known.filter(|known| known.version > since) {
                return written(&known);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Value::Null);
            }
            let _ = timeout(left.min(results.look_again()), changed).await;
        }
    }
}

fn name<'a>(subscriber: &'a Subscriber, message: &'a str) -> ResultName<'a> {
    ResultName { topic: &subscriber.declared.topic, subscription: &subscriber.declared.name, message }
}

fn keeps_none(subscriber: &Subscriber) -> String {
    format!("the subscription {} keeps no results: declare it with keepResults", subscriber.name())
}

fn written(known: &KnownResult) -> Result<Value, Failure> {
    let json = |text: &Option<String>| -> Result<Value, Failure> {
        let read = text.as_deref().map(serde_json::from_str).transpose();
        read.map(Option::unwrap_or_default).map_err(|_| Failure::internal("a kept result cannot be read"))
    };
    let outcome = match known.state {
        // The error of a dead letter is a text.
        ResultState::Failed => json!(known.outcome),
        _ => json(&known.outcome)?,
    };
    Ok(json!({
        "version": known.version,
        "state": known.state.name(),
        "progress": json(&known.progress)?,
        "outcome": outcome,
    }))
}
