//! The sender: publishing with confirms.
//!
//! A write has a channel to itself, because the client assigns a returned message to whichever confirm ends next: only
//! within a write is it known whose messages came back. What a write does on its channel is in [`writer`](super::writer).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lapin::message::BasicReturnMessage;
use lapin::protocol::AMQPSoftError;
use tokio::time::{Instant, sleep, timeout_at};
use twinloop_runtime::{Failure, lock};

use crate::provider::rabbitmq::fault;
use crate::provider::rabbitmq::line::{Line, Link};
use crate::provider::rabbitmq::mail::{Mail, Outgoing};
use crate::provider::rabbitmq::writer::Writer;

/// Time limit from the call to the last confirm.
const CONFIRM_WITHIN: Duration = Duration::from_secs(10);
/// Pause between looks at a broker that blocks publishers.
const BLOCKED_PAUSE: Duration = Duration::from_millis(50);
/// Greatest number of idle channels that are kept.
const MAX_IDLE: usize = 8;

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
    idle: Mutex<Vec<Writer>>,
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
    pub(super) async fn send<M: Mail>(&self, batch: &[M]) -> Result<Vec<usize>, Unsent> {
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

    async fn write<M: Mail>(&self, line: &Arc<Line>, batch: &[M]) -> Result<Vec<usize>, Unsent> {
        let lost = |error: lapin::Error| self.lost(&error);
        let mut writer = self.writer(line).await.map_err(lost)?;
        let written = writer.write(batch.iter().map(Mail::outgoing)).await.map_err(lost)?;
        if written.is_refused {
            // The broker may refuse all that comes over this channel from now on, where it began while the queue had no leader.
            drop(writer);
            return Err(Failure::unavailable(format!(
                "{} has refused a message: its queue is full or unavailable; other messages of the call may have been stored",
                self.link.address
            ))
            .into());
        }
        self.reuse(writer);
        Ok(places(batch, &written.returned))
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

    async fn writer(&self, line: &Arc<Line>) -> Result<Writer, lapin::Error> {
        loop {
            let idle = lock(&self.idle).pop();
            match idle {
                Some(writer) if writer.is_of(line) => return Ok(writer),
                Some(_) => {}
                None => return Writer::open(line).await,
            }
        }
    }

    fn reuse(&self, writer: Writer) {
        let mut idle = lock(&self.idle);
        if idle.len() < MAX_IDLE {
            idle.push(writer);
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

/// Returns the places of the messages that were returned. The client tells which came back, and not whose confirm that was.
fn places<M: Mail>(batch: &[M], returned: &[BasicReturnMessage]) -> Vec<usize> {
    if returned.is_empty() {
        return Vec::new();
    }
    let is_of = |returned: &BasicReturnMessage, message: &Outgoing| {
        returned.exchange == message.exchange
            && returned.routing_key == message.routing_key
            && returned.properties.message_id() == message.properties.message_id()
    };
    let came_back = |mail: &M| {
        let message = mail.outgoing();
        returned.iter().any(|returned| is_of(returned, &message))
    };
    batch.iter().enumerate().filter(|(_, mail)| came_back(mail)).map(|(place, _)| place).collect()
}
