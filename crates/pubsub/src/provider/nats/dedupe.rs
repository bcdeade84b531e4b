//! Dedupe keys: one record for each topic and key, kept at the server.
//!
//! A publisher claims the key, stores the message, and then confirms the claim. While a claim is not confirmed, another publisher of the
//! key waits; after [`CLAIMED_FOR`] the claim's process counts as dead, and its message as not stored. The server's own window of message
//! ids is one for all keys of a stream, which is why it is not used for them.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use twinloop_runtime::Failure;

use crate::engine::deliver::context::milliseconds;
use crate::provider::message::{Dedupe, NewMessage, Published};
use crate::provider::nats::Nats;
use crate::provider::nats::catalogue::{expecting, now_ms, put};
use crate::provider::nats::link::Outgoing;
use crate::provider::nats::names::token;

/// Time for which the claim of a message that may not be stored yet is respected.
const CLAIMED_FOR: Duration = Duration::from_secs(20);
const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// Greatest length of a key as a token of a subject; servers take control lines of 4 KiB (NATS, `max_control_line`).
const MAX_KEY: usize = 2_000;
/// The longest window: records are deleted after this time.
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claim {
    id: String,
    until_ms: u64,
    claimed_ms: u64,
    is_stored: bool,
}

impl Claim {
    fn is_open(&self, now: u64) -> bool {
        self.until_ms > now && (self.is_stored || !self.is_stale(now))
    }

    fn is_stale(&self, now: u64) -> bool {
        now.saturating_sub(self.claimed_ms) > u64::try_from(CLAIMED_FOR.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Nats {
    /// Publishes a message unless its dedupe key is taken.
    pub(super) async fn publish_once(
        &self,
        message: &NewMessage,
        dedupe: &Dedupe,
    ) -> Result<Published, Failure> {
        let key = token(&dedupe.key);
        if key.len() > MAX_KEY {
            return Err(Failure::invalid_argument(format!(
                "the dedupe key of a message for topic {} is too long for NATS: at most {MAX_KEY} bytes, and three for each that is no \
                 letter, digit or hyphen",
                message.topic
            )));
        }
        if dedupe.until > SystemTime::now() + LONGEST {
            return Err(Failure::invalid_argument(format!(
                "the dedupe window of topic {} is longer than 31 days, for which keys are kept",
                message.topic
            )));
        }
        let subject = format!("{}.{}.{key}", self.link.names.dedupe(), token(&message.topic));
        let claim = Claim {
            id: message.id.clone(),
            until_ms: milliseconds(dedupe.until),
            claimed_ms: now_ms(),
            is_stored: false,
        };
        let revision = match self.claim(&subject, &claim).await? {
            Ok(revision) => revision,
            Err(holder) => return Ok(Published::Duplicate(holder)),
        };
        if let Err(error) = self.publish_plain(std::slice::from_ref(message)).await {
            // The next publish with the key is not to wait for this one.
            let expired = Claim { until_ms: 0, ..claim };
            let _ = self.record(&subject, &expired, revision).await;
            return Err(error);
        }
        // A claim that was taken over meanwhile has a message of its own.
        self.record(&subject, &Claim { is_stored: true, ..claim }, revision).await?;
        Ok(Published::Stored)
    }

    /// Claims a key. Returns the revision of the claim, or the id of the message that has the key.
    async fn claim(&self, subject: &str, claim: &Claim) -> Result<Result<u64, String>, Failure> {
        let stream = self.link.names.dedupe();
        let started = tokio::time::Instant::now();
        loop {
            let found = self.link.last_message(&stream, subject).await?;
            let revision = found.as_ref().map_or(0, |message| message.sequence);
            let holder = found.and_then(|found| serde_json::from_slice::<Claim>(&found.payload).ok());
            match holder.filter(|holder| holder.is_open(now_ms())) {
                Some(holder) if holder.is_stored => return Ok(Err(holder.id)),
                Some(_) if started.elapsed() > CLAIMED_FOR => {
                    return Err(Failure::unavailable(
                        "another process is publishing with this dedupe key: try again",
                    ));
                }
                Some(_) => tokio::time::sleep(AGAIN_AFTER).await,
                None => {
                    if revision == 0 {
                        self.link.table(&stream, LONGEST).await?;
                    }
                    if let Some(revision) = self.record(subject, claim, revision).await? {
                        return Ok(Ok(revision));
                    }
                }
            }
        }
    }

    async fn record(&self, subject: &str, claim: &Claim, revision: u64) -> Result<Option<u64>, Failure> {
        let body = serde_json::to_vec(claim).map_err(|error| Failure::internal(error.to_string()))?;
        let outgoing =
            Outgoing { subject: subject.to_owned(), headers: expecting(revision), body: body.into() };
        put(&self.link, outgoing).await
    }
}
