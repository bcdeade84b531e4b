//! A topic of the engine: its type, its limits, and the checks of its messages.

use std::cell::RefCell;
use std::time::SystemTime;

use bytes::Bytes;
use serde_json::Value;
use twinloop_mailbox::Text;
use twinloop_runtime::Failure;
use twinloop_schema::{Issues, Registry, TypeId};
use uuid::Uuid;

use crate::engine::filter::Filter;
use crate::engine::publish::key::key_of;
use crate::engine::publish::trace;
use crate::provider::message::{Dedupe, NewMessage};
use crate::provider::priority::MAX_PRIORITY;
use crate::request::GivenOptions;
use crate::telemetry::metrics::TopicMetrics;

/// The memory that a thread keeps from one check to the next, in bytes.
const MAX_KEPT_BYTES: usize = 64 << 10;

/// A topic that the app declares.
pub(crate) struct TopicRules {
    pub(crate) name: String,
    pub(crate) message: Option<TypeId>,
    pub(crate) ordering_attribute: Option<String>,
    pub(crate) priorities: bool,
    pub(crate) max_message_bytes: usize,
    /// The filters of the topic's subscriptions, by their names.
    pub(crate) filters: Vec<(String, Filter)>,
    pub(crate) metrics: TopicMetrics,
}

impl TopicRules {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Checks a body and makes a message of this topic from it.
    ///
    /// Errors: `invalid_argument` for a body that is too large or does not fit the type, with the issues in `details`.
    pub(crate) fn message(
        &self,
        registry: &Registry,
        body: Bytes,
        options: Option<&GivenOptions>,
        now: SystemTime,
    ) -> Result<NewMessage, Failure> {
        self.examine(registry, &body).map_err(|refusal| self.refused(refusal))?;
        let priority = self.priority(options.map_or(0, |options| options.priority))?;
        let dedupe = options.and_then(|options| {
            let key = options.dedupe_key.clone()?;
            Some(Dedupe { key, until: options.dedupe_until(now) })
        });
        Ok(NewMessage {
            id: Uuid::now_v7().hyphenated().to_string(),
            topic: self.name.clone(),
            key: self.key_of(&body),
            unwanted_by: self.unwanted_by(&body),
            body,
            published_at: now,
            deliver_at: options.and_then(|options| options.deliver_at(now)),
            priority,
            dedupe,
            unique: options.and_then(|options| options.unique_key.clone()),
            trace: options.and_then(|options| trace::carried(options.trace.as_deref()?)),
        })
    }

    fn unwanted_by(&self, body: &[u8]) -> Vec<String> {
        let unwanted = self.filters.iter().filter(|(_, filter)| !filter.admits(body));
        unwanted.map(|(name, _)| name.clone()).collect()
    }

    /// Checks the priority that a publisher gives.
    fn priority(&self, given: u8) -> Result<u8, Failure> {
        let name = &self.name;
        if given > MAX_PRIORITY {
            return Err(Failure::invalid_argument(format!(
                "the priority is {given}: write 0 to {MAX_PRIORITY}"
            )));
        }
        if given > 0 && !self.priorities {
            return Err(Failure::invalid_argument(format!(
                "the topic {name} has no priorities: declare it with `priorities: true`, or publish without `priority`"
            )));
        }
        Ok(given)
    }

    fn key_of(&self, body: &[u8]) -> Option<String> {
        let name = self.ordering_attribute.as_deref()?;
        key_of(std::str::from_utf8(body).ok()?, name)
    }

    /// Checks a body that is to be published as it is: the text that the check writes is not needed.
    fn examine(&self, registry: &Registry, body: &[u8]) -> Result<(), InvalidBody> {
        thread_local! {
            static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        if body.len() > self.max_message_bytes {
            return Err(InvalidBody::TooLarge(body.len()));
        }
        let Some(message) = self.message else { return Ok(()) };
        TEXT.with_borrow_mut(|text| {
            text.clear();
            text.shrink_to(MAX_KEPT_BYTES);
            registry.check(message, body, text).map(drop).map_err(InvalidBody::Misfit)
        })
    }

    /// Checks a body against the topic's type and returns the text that a handler is given.
    pub(crate) fn check(&self, registry: &Registry, body: &[u8]) -> Result<Text, InvalidBody> {
        if body.len() > self.max_message_bytes {
            return Err(InvalidBody::TooLarge(body.len()));
        }
        let Some(message) = self.message else {
            return Ok(Text { bytes: body.to_vec(), ascii: body.is_ascii(), tagged: false, framed: false });
        };
        let mut bytes = Vec::with_capacity(body.len());
        let text = registry.check(message, body, &mut bytes).map_err(InvalidBody::Misfit)?;
        Ok(Text { bytes, ascii: text.ascii, tagged: text.tagged, framed: false })
    }

    fn refused(&self, refusal: InvalidBody) -> Failure {
        let name = &self.name;
        match refusal {
            InvalidBody::TooLarge(bytes) => {
                let limit = self.max_message_bytes;
                Failure::invalid_argument(format!(
                    "the message for topic {name} has {bytes} bytes, and at most {limit} are allowed: store what is large \
                         elsewhere and publish where it is, or raise maxMessageBytes"
                ))
            }
            InvalidBody::Misfit(issues) => {
                let mut json = Vec::new();
                issues.to_json(&mut json);
                let issues_json: Value = serde_json::from_slice(&json).unwrap_or_default();
                let message = format!("the message does not fit the type of topic {name}: {issues}");
                Failure::invalid_argument(message).with_details(serde_json::json!({ "issues": issues_json }))
            }
        }
    }
}

/// The reason for which a body is not a message of its topic.
pub(crate) enum InvalidBody {
    TooLarge(usize),
    Misfit(Issues),
}

impl std::fmt::Display for InvalidBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge(bytes) => write!(f, "the message has {bytes} bytes, more than its topic allows"),
            Self::Misfit(issues) => write!(f, "the message does not fit the type of its topic: {issues}"),
        }
    }
}
