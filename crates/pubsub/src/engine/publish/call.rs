//! The publish operation: from an isolate's call to stored messages.

use std::time::SystemTime;

use serde_json::value::RawValue;
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

    /// Publishes messages for `caller` and returns their ids; a duplicate returns the id of the first message with its dedupe
    /// key.
    pub(crate) async fn publish(
        &self,
        isolate: u32,
        caller: &CallOrigin,
        topic: usize,
        options: PublishOptions,
        bodies: &[&RawValue],
    ) -> Result<Vec<String>, Failure> {
        let mut options = options.given();
        let given = options.as_ref().and_then(|options| options.trace.as_deref());
        let sending = self.topic(topic).ok().map(|topic| Sending::begin(topic, bodies.len(), caller, given));
        if let Some(carried) = sending.as_ref().and_then(Sending::carried) {
            options.get_or_insert_default().trace = Some(carried);
        }
        let storing = self.store(isolate, topic, options.as_ref(), bodies);
        let Some(sending) = sending else { return storing.await };
        let outcome = sending.scope(storing).await;
        sending.end(&outcome);
        outcome
    }

    async fn store(
        &self,
        isolate: u32,
        topic: usize,
        options: Option<&GivenOptions>,
        bodies: &[&RawValue],
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

    fn messages(
        &self,
        topic: usize,
        options: Option<&GivenOptions>,
        bodies: &[&RawValue],
    ) -> Result<Vec<NewMessage>, Failure> {
        let (topic, now) = (self.topic(topic)?, self.now());
        let message = |body: &&RawValue| topic.message(&self.registry, body.get(), options, now);
        bodies.iter().map(message).collect()
    }
}

fn ids_of(messages: &[NewMessage]) -> Vec<String> {
    messages.iter().map(|message| message.id.clone()).collect()
}

fn answered(ids: Vec<String>, published: Vec<Published>) -> Vec<String> {
    let first = |(id, published)| match published {
        Published::Stored => id,
        Published::Duplicate(first) => first,
    };
    ids.into_iter().zip(published).map(first).collect()
}
