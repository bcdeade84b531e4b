//! A broker that records what is published, and fails on demand.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use twinloop_pubsub::{
    Adopted, Broker, BrokerFuture, Consumer, DeadLetter, Depth, Done, Known, MessageState, NewMessage,
    Operate, Published, Subscription, Topic, Waiting,
};
use twinloop_runtime::Failure;

#[derive(Default)]
struct State {
    messages: Vec<NewMessage>,
    /// Whether publishes wait without a confirmation.
    holds: bool,
    failures: Option<(u32, Failure)>,
    refused: Option<String>,
}

/// A broker that records what is published, and fails on demand.
#[derive(Default)]
pub struct Recorder(Mutex<State>);

impl Recorder {
    pub fn messages(&self) -> Vec<NewMessage> {
        self.0.lock().unwrap().messages.clone()
    }

    pub fn ids(&self) -> Vec<String> {
        self.messages().into_iter().map(|message| message.id).collect()
    }

    /// Sets whether messages are accepted but never confirmed.
    pub fn hold(&self, holds: bool) {
        self.0.lock().unwrap().holds = holds;
    }

    pub fn fail_next(&self, times: u32, error: Failure) {
        self.0.lock().unwrap().failures = Some((times, error));
    }

    /// Refuses the message with this id from now on.
    pub fn refuse(&self, id: &str) {
        self.0.lock().unwrap().refused = Some(id.to_owned());
    }

    fn take(&self, messages: Vec<NewMessage>) -> Result<bool, Failure> {
        let mut state = self.0.lock().unwrap();
        if let Some((times, error)) = state.failures.take() {
            state.failures = (times > 1).then(|| (times - 1, error.clone()));
            return Err(error);
        }
        if messages.iter().any(|message| Some(&message.id) == state.refused.as_ref()) {
            return Err(Failure::invalid_argument("it is not taken"));
        }
        state.messages.extend(messages);
        Ok(state.holds)
    }
}

fn nothing<'a, T: 'a>() -> BrokerFuture<'a, T> {
    Box::pin(async { Err(Failure::internal("a recorder only takes messages")) })
}

/// A recorder has no operators.
impl Operate for Recorder {
    fn known(&self) -> BrokerFuture<'_, Vec<Known>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn serve<'a>(&'a self, _: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    fn leave<'a>(&'a self, _: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    fn pause<'a>(&'a self, _: &'a str, _: &'a str, _: bool) -> BrokerFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    fn expire<'a>(&'a self, _: &'a str, _: &'a str, _: Duration) -> BrokerFuture<'a, bool> {
        Box::pin(async { Ok(false) })
    }
    fn peek<'a>(&'a self, _: &'a str, _: &'a str, _: usize) -> BrokerFuture<'a, Vec<Waiting>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn delete<'a>(&'a self, _: &'a str, _: &'a str, _: &'a [String]) -> BrokerFuture<'a, Done> {
        Box::pin(async { Ok(Done::default()) })
    }
    fn promote<'a>(&'a self, _: &'a str, _: &'a str, _: &'a [String]) -> BrokerFuture<'a, Done> {
        Box::pin(async { Ok(Done::default()) })
    }
    fn move_all<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> BrokerFuture<'a, u64> {
        Box::pin(async { Ok(0) })
    }
    fn remove<'a>(&'a self, _: &'a str, _: &'a str) -> BrokerFuture<'a, u64> {
        Box::pin(async { Ok(0) })
    }
    fn forget_dead<'a>(&'a self, _: &'a str, _: &'a str, _: SystemTime) -> BrokerFuture<'a, u64> {
        Box::pin(async { Ok(0) })
    }
}

impl Broker for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn declare<'a>(&'a self, _: &'a [Topic]) -> BrokerFuture<'a, Vec<Adopted>> {
        nothing()
    }

    fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>> {
        Box::pin(async move {
            let count = messages.len();
            if self.take(messages)? {
                std::future::pending::<()>().await;
            }
            Ok(vec![Published::Stored; count])
        })
    }

    fn consume<'a>(&'a self, _: &'a Subscription) -> BrokerFuture<'a, Arc<dyn Consumer>> {
        nothing()
    }

    fn depth<'a>(&'a self, _: &'a str, _: &'a str) -> BrokerFuture<'a, Depth> {
        nothing()
    }

    fn dead_letters<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: usize,
        _: Option<&'a str>,
    ) -> BrokerFuture<'a, Vec<DeadLetter>> {
        nothing()
    }

    fn redrive<'a>(&'a self, _: &'a str, _: &'a str, _: Option<&'a [String]>) -> BrokerFuture<'a, Done> {
        nothing()
    }

    fn purge<'a>(&'a self, _: &'a str, _: &'a str, _: MessageState) -> BrokerFuture<'a, u64> {
        nothing()
    }

    fn close(&self) -> BrokerFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}
