//! The publish operations: from an isolate's call to stored messages.

use std::time::SystemTime;

use bytes::Bytes;
use twinloop_runtime::Failure;
use twinloop_runtime::telemetry::CallOrigin;

use crate::engine::Engine;
use crate::provider::message::{NewMessage, Published};
use crate::request::{GivenOptions, PublishOptions};
use crate::telemetry::sending::Sending;
use crate::transactional::databases::join;

impl Engine {
    /// Returns the broker's time, which differs from the system's where the memory provider's clock was advanced.
    pub(crate) fn now(&self) -> SystemTime {
        self.memory.as_ref().map_or_else(SystemTime::now, |memory| memory.now())
    }

    /// Publishes one message for `caller` and returns its id; a duplicate returns the id of the first message with its dedupe
    /// key.
    ///
    /// The path that most publishes take: one message, neither in a transaction nor with a dedupe key that a database keeps. The
    /// others go through [`publish`](Self::publish).
    pub(crate) async fn publish_one(
        &self,
        isolate: u32,
        caller: &CallOrigin,
        topic: usize,
        options: PublishOptions,
        body: Bytes,
    ) -> Result<String, Failure> {
        let mut options = options.given();
        self.refuse_unique(options.as_deref())?;
        if options.as_deref().is_some_and(|options| self.needs_database(options)) {
            let publishing = self.publish_given(isolate, caller, topic, options, vec![body]);
            let ids = Box::pin(publishing).await?;
            return ids.into_iter().next().ok_or_else(|| Failure::internal("a publish ended without an id"));
        }
        let rules = self.topic(topic)?;
        let sending = Sending::begin(rules, 1, caller, trace_of(options.as_deref()));
        carry(&sending, &mut options);
        let outcome = match rules.message(&self.registry, body, options.as_deref(), self.now()) {
            Ok(message) => {
                let id = message.id.clone();
                drop(options);
                self.publisher.publish_one(message).await.map(|published| stored_as(id, published))
            }
            Err(refused) => Err(refused),
        };
        sending.end(outcome.as_ref().map(std::slice::from_ref));
        outcome
    }

    /// Publishes messages for `caller` and returns their ids; a duplicate returns the id of the first message with its dedupe
    /// key.
    pub(crate) async fn publish(
        &self,
        isolate: u32,
        caller: &CallOrigin,
        topic: usize,
        options: PublishOptions,
        bodies: Vec<Bytes>,
    ) -> Result<Vec<String>, Failure> {
        let options = options.given();
        self.refuse_unique(options.as_deref())?;
        self.publish_given(isolate, caller, topic, options, bodies).await
    }

    async fn publish_given(
        &self,
        isolate: u32,
        caller: &CallOrigin,
        topic: usize,
        mut options: Option<Box<GivenOptions>>,
        bodies: Vec<Bytes>,
    ) -> Result<Vec<String>, Failure> {
        let known = self.topic(topic).ok();
        let sending =
            known.map(|topic| Sending::begin(topic, bodies.len(), caller, trace_of(options.as_deref())));
        if let Some(sending) = &sending {
            carry(sending, &mut options);
        }
        let storing = self.store(isolate, topic, options.as_deref(), bodies);
        let Some(sending) = sending else { return storing.await };
        let outcome = sending.scope(storing).await;
        sending.end(outcome.as_deref());
        outcome
    }

    async fn store(
        &self,
        isolate: u32,
        topic: usize,
        options: Option<&GivenOptions>,
        bodies: Vec<Bytes>,
    ) -> Result<Vec<String>, Failure> {
        let Some(turn) = options.and_then(|options| options.tx.as_ref()) else {
            let messages = self.messages(topic, options, bodies)?;
            let ids = ids_of(&messages);
            return Ok(answered(ids, self.write(messages).await?));
        };
        // The turn is joined before anything can fail: later statements of the transaction wait for it.
        let transaction = join(self.core, isolate, turn).await?;
        let messages = self.messages(topic, options, bodies)?;
        let ids = ids_of(&messages);
        let published =
            self.databases.publish(&*self.broker, &*transaction, &turn.database, messages).await?;
        Ok(answered(ids, published))
    }

    async fn write(&self, messages: Vec<NewMessage>) -> Result<Vec<Published>, Failure> {
        let deduped = messages.iter().any(|message| message.dedupe.is_some());
        if deduped && !self.broker.keeps_dedupe_keys() {
            return self.databases.publish_deduped(&*self.broker, messages).await;
        }
        self.publisher.publish(messages).await
    }

    /// Refuses a unique key that the provider does not keep.
    fn refuse_unique(&self, options: Option<&GivenOptions>) -> Result<(), Failure> {
        if options.is_none_or(|options| options.unique_key.is_none()) || self.broker.offer().unique_keys {
            return Ok(());
        }
        Err(Failure::failed_precondition(format!(
            "{} keeps no unique keys: set PUBSUB_URL to postgres: or another database, or use dedupeKey, which counts for a time",
            self.broker.name()
        )))
    }

    /// Whether a publish goes through a database of the app, whoever keeps the messages.
    fn needs_database(&self, options: &GivenOptions) -> bool {
        options.tx.is_some() || (options.dedupe_key.is_some() && !self.broker.keeps_dedupe_keys())
    }

    fn messages(
        &self,
        topic: usize,
        options: Option<&GivenOptions>,
        bodies: Vec<Bytes>,
    ) -> Result<Vec<NewMessage>, Failure> {
        let topic = self.topic(topic)?;
        let mut messages = Vec::with_capacity(bodies.len());
        for body in bodies {
            // Each has a time of its own, so that its id tells the same millisecond.
            messages.push(topic.message(&self.registry, body, options, self.now())?);
        }
        Ok(messages)
    }
}

fn trace_of(options: Option<&GivenOptions>) -> Option<&str> {
    options.and_then(|options| options.trace.as_deref())
}

/// Puts the place of the publish's own span, where there is one, into its messages.
fn carry(sending: &Sending, options: &mut Option<Box<GivenOptions>>) {
    if let Some(carried) = sending.carried() {
        options.get_or_insert_default().trace = Some(carried);
    }
}

fn ids_of(messages: &[NewMessage]) -> Vec<String> {
    messages.iter().map(|message| message.id.clone()).collect()
}

fn answered(ids: Vec<String>, published: Vec<Published>) -> Vec<String> {
    ids.into_iter().zip(published).map(|(id, published)| stored_as(id, published)).collect()
}

/// The id by which a message is stored: its own, or that of the first one with its dedupe key.
fn stored_as(id: String, published: Published) -> String {
    match published {
        Published::Stored => id,
        Published::Duplicate(first) => first,
    }
}
