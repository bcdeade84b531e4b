//! The sender: publishing with confirms.
//!
//! A write has a channel to itself, because the client assigns a returned message to whichever confirm ends next: only
//! within a write is it known whose message came back. All messages of a write are handed over at once, then all confirms
//! are awaited one after the other; most have arrived when the first has.

use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::maybe_done;
use lapin::message::BasicReturnMessage;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::protocol::AMQPSoftError;
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::time::{Instant, sleep, timeout_at};
use twinloop_runtime::{Failure, lock};

use crate::provider::rabbitmq::fault;
use crate::provider::rabbitmq::line::{Line, Link};

/// Time limit from the call to the last confirm.
const CONFIRM_WITHIN: Duration = Duration::from_secs(10);
/// Pause between looks at a broker that blocks publishers.
const BLOCKED_PAUSE: Duration = Duration::from_millis(50);
/// Greatest number of idle channels that are kept.
const MAX_IDLE: usize = 8;

/// A message on its way to the broker.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) exchange: ShortString,
    pub(super) routing_key: ShortString,
    /// Whether the message is returned if it reaches no queue (AMQP 0-9-1, `basic.publish`).
    pub(super) mandatory: bool,
    pub(super) properties: BasicProperties,
    pub(super) body: Bytes,
}

/// The reason for which a write failed.
#[derive(Debug)]
pub(super) struct Unsent {
    pub(super) error: Failure,
    /// Whether an exchange was missing.
    pub(super) no_exchange: bool,
}

impl From<Failure> for Unsent {
    fn from(error: Failure) -> Self {
        Self { error, no_exchange: false }
    }
}

/// The sender over one link, with its idle channels.
pub(super) struct Sender {
    link: Arc<Link>,
    idle: Mutex<Vec<(Arc<Line>, Channel)>>,
}

impl Sender {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link, idle: Mutex::default() }
    }

    /// Sends messages in their order and resolves when each is confirmed. Returns the places of the messages that were
    /// returned because they reached no queue; the others are safe.
    ///
    /// Errors: `unavailable` with a message that says whether some may have been stored; `invalid_argument` for a message
    /// that the broker refuses.
    pub(super) async fn send(&self, batch: &[Outgoing]) -> Result<Vec<usize>, Unsent> {
        let deadline = Instant::now() + CONFIRM_WITHIN;
        let line = match timeout_at(deadline, self.link.line()).await {
            Ok(line) => line?,
            Err(_) => return Err(self.late("does not answer, and nothing was sent").into()),
        };
        while line.is_blocked() {
            if Instant::now() >= deadline {
                return Err(self.late(BLOCKED).into());
            }
            sleep(BLOCKED_PAUSE).await;
        }
        match timeout_at(deadline, self.write(&line, batch)).await {
            Ok(result) => result,
            Err(_) if line.is_blocked() => Err(self.late(BLOCKED_LATE).into()),
            Err(_) => {
                self.link.retire(&line).await;
                Err(self.late("has not confirmed: the messages may have been stored").into())
            }
        }
    }

    fn late(&self, what: &str) -> Failure {
        let seconds = CONFIRM_WITHIN.as_secs();
        Failure::unavailable(format!("after {seconds} s {} {what}", self.link.address))
    }

    async fn write(&self, line: &Arc<Line>, batch: &[Outgoing]) -> Result<Vec<usize>, Unsent> {
        let lost = |error: lapin::Error| self.lost(&error);
        let channel = self.channel(line).await.map_err(lost)?;
        let mut written: Vec<_> = batch
            .iter()
            .map(|message| {
                let options = BasicPublishOptions { mandatory: message.mandatory, immediate: false };
                Box::pin(maybe_done(channel.basic_publish(
                    message.exchange.clone(),
                    message.routing_key.clone(),
                    options,
                    &message.body,
                    message.properties.clone(),
                )))
            })
            .collect();
        for publish in &mut written {
            // Hands the message over; the task need not be woken before all are.
            let _ = publish.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        let mut confirms = Vec::with_capacity(batch.len());
        for publish in &mut written {
            publish.as_mut().await;
            confirms.extend(publish.as_mut().take_output().transpose().map_err(lost)?);
        }
        let (mut returned, mut refused) = (Vec::new(), false);
        for confirm in confirms {
            let confirmation = confirm.await.map_err(lost)?;
            refused |= confirmation.is_nack();
            returned.extend(Confirmation::take_message(confirmation));
        }
        drop(written);
        self.reuse(line, channel);
        if refused {
            return Err(Failure::unavailable(format!(
                "{} has refused a message: its queue is full or unavailable; other messages of the call may have been stored",
                self.link.address
            ))
            .into());
        }
        Ok(places(batch, &returned))
    }

    fn lost(&self, error: &lapin::Error) -> Unsent {
        let address = &self.link.address;
        match fault::soft(error) {
            Some(AMQPSoftError::PRECONDITIONFAILED) => {
                Failure::invalid_argument(format!("{address} refuses a message: {error}")).into()
            }
            Some(AMQPSoftError::ACCESSREFUSED) => Failure::failed_precondition(format!(
                "{address} refuses the publish: give the user the permission to write twinloop.* ({error})"
            ))
            .into(),
            Some(AMQPSoftError::NOTFOUND) => Unsent { error: fault::lost(address, error), no_exchange: true },
            _ => {
                let error = fault::lost(address, error);
                let message = &error.message;
                Failure::unavailable(format!("{message}; the messages may have been stored")).into()
            }
        }
    }

    async fn channel(&self, line: &Arc<Line>) -> Result<Channel, lapin::Error> {
        loop {
            let idle = lock(&self.idle).pop();
            match idle {
                Some((of, channel)) if Arc::ptr_eq(&of, line) && channel.status().connected() => {
                    return Ok(channel);
                }
                Some(_) => {}
                None => break,
            }
        }
        let channel = line.channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    }

    fn reuse(&self, line: &Arc<Line>, channel: Channel) {
        let mut idle = lock(&self.idle);
        if idle.len() < MAX_IDLE {
            idle.push((Arc::clone(line), channel));
        }
    }

    pub(super) fn forget_channels(&self) {
        lock(&self.idle).clear();
    }
}

const BLOCKED: &str =
    "takes no messages, as it is short of memory or disk space (an alarm is set), and nothing was sent";
const BLOCKED_LATE: &str = "takes no messages, as it is short of memory or disk space (an alarm is set): \
     what was published may be stored when it takes them again";

/// Returns the places of the messages that were returned.
fn places(batch: &[Outgoing], returned: &[BasicReturnMessage]) -> Vec<usize> {
    if returned.is_empty() {
        return Vec::new();
    }
    let is_of = |returned: &BasicReturnMessage, message: &Outgoing| {
        returned.exchange == message.exchange
            && returned.routing_key == message.routing_key
            && returned.properties.message_id() == message.properties.message_id()
    };
    let came_back = |message: &Outgoing| returned.iter().any(|returned| is_of(returned, message));
    batch.iter().enumerate().filter(|(_, message)| came_back(message)).map(|(place, _)| place).collect()
}
