//! Publishing with confirms.
//!
//! A write has a channel to itself: the client gives a message that came back to whichever confirm ends next, so only within a
//! write is it known whose it is. All messages of a write are handed over at once, then all confirms are awaited one after the
//! other; most are there when the first is.

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

use super::fault;
use super::line::{Line, Link, lock};
use crate::error::Error;

/// From the call to the last confirm.
const CONFIRM_WITHIN: Duration = Duration::from_secs(10);
/// How often a broker that takes no publishes is looked at.
const BLOCKED_PAUSE: Duration = Duration::from_millis(50);
/// Channels that wait for their next write.
const MAX_IDLE: usize = 8;

/// A message on its way to the broker.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) exchange: ShortString,
    pub(super) routing_key: ShortString,
    /// It comes back if there is no queue for it.
    pub(super) mandatory: bool,
    pub(super) properties: BasicProperties,
    pub(super) body: Bytes,
}

/// Why a write has failed.
#[derive(Debug)]
pub(super) struct Unsent {
    pub(super) error: Error,
    /// An exchange was missing.
    pub(super) no_exchange: bool,
}

impl From<Error> for Unsent {
    fn from(error: Error) -> Self {
        Self { error, no_exchange: false }
    }
}

pub(super) struct Sender {
    link: Arc<Link>,
    idle: Mutex<Vec<(Arc<Line>, Channel)>>,
}

impl Sender {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link, idle: Mutex::default() }
    }

    /// Sends all, in their order, and resolves when each is confirmed. Returns the places of those that came back because no
    /// queue was there for them; the others are safe.
    ///
    /// Errors: `unavailable`, where the message says whether something may have been stored; `invalid_argument` for a message
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
                Err(self.late("has not confirmed: what was published may have been stored").into())
            }
        }
    }

    fn late(&self, what: &str) -> Error {
        let seconds = CONFIRM_WITHIN.as_secs();
        Error::unavailable(format!("after {seconds} s {} {what}", self.link.address))
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
            // Hands it over. Nobody need be woken before all are.
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
        self.keep(line, channel);
        if refused {
            return Err(Error::unavailable(format!(
                "{} has refused a message: its queue is full or not at hand; others of the same call may have been stored",
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
                Error::invalid(format!("{address} refuses a message: {error}")).into()
            }
            Some(AMQPSoftError::ACCESSREFUSED) => {
                Error::precondition(format!("{address} does not let us publish: {error}")).into()
            }
            Some(AMQPSoftError::NOTFOUND) => Unsent { error: fault::lost(address, error), no_exchange: true },
            _ => {
                let error = fault::lost(address, error);
                let message = error.message();
                Error::unavailable(format!("{message}; what was published may have been stored")).into()
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

    fn keep(&self, line: &Arc<Line>, channel: Channel) {
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

/// The places of those that came back.
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
