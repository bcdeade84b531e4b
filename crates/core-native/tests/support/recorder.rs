//! A broker that notes what is published, and fails when it is told to.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use twinloop_pubsub::{
    Broker, BrokerFuture, Consumer, DeadLetter, Depth, Error, NewMessage, Part, Published, Subscription,
    Topic,
};

#[derive(Default)]
struct State {
    messages: Vec<NewMessage>,
    /// Confirms nothing.
    holds: bool,
    failures: Option<(u32, Error)>,
    refused: Option<String>,
}

/// See the module's page.
#[derive(Default)]
pub struct Recorder(Mutex<State>);

impl Recorder {
    pub fn messages(&self) -> Vec<NewMessage> {
        self.0.lock().unwrap().messages.clone()
    }

    pub fn ids(&self) -> Vec<String> {
        self.messages().into_iter().map(|message| message.id).collect()
    }

    /// Takes messages and never confirms.
    pub fn hold(&self, holds: bool) {
        self.0.lock().unwrap().holds = holds;
    }

    pub fn fail_next(&self, times: u32, error: Error) {
        self.0.lock().unwrap().failures = Some((times, error));
    }

    /// Never takes the message with this id.
    pub fn refuse(&self, id: &str) {
        self.0.lock().unwrap().refused = Some(id.to_owned());
    }

    fn take(&self, messages: Vec<NewMessage>) -> Result<bool, Error> {
        let mut state = self.0.lock().unwrap();
        if let Some((times, error)) = state.failures.take() {
            state.failures = (times > 1).then(|| (times - 1, error.clone()));
            return Err(error);
        }
        if messages.iter().any(|message| Some(&message.id) == state.refused.as_ref()) {
            return Err(Error::invalid("it is not taken"));
        }
        state.messages.extend(messages);
        Ok(state.holds)
    }
}

fn nothing<'a, T: 'a>() -> BrokerFuture<'a, T> {
    Box::pin(async { Err(Error::internal("a recorder only takes messages")) })
}

impl Broker for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn declare<'a>(&'a self, _: &'a [Topic]) -> BrokerFuture<'a, ()> {
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

    fn redrive<'a>(&'a self, _: &'a str, _: &'a str, _: Option<&'a [String]>) -> BrokerFuture<'a, u64> {
        nothing()
    }

    fn purge<'a>(&'a self, _: &'a str, _: &'a str, _: Part) -> BrokerFuture<'a, u64> {
        nothing()
    }

    fn close(&self) -> BrokerFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}
