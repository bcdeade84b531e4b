//! A channel that publishes, with the memory that its writes use again.
//!
//! All messages of a write are handed to the client at once. Then the last one is awaited first: when it is written and
//! confirmed, nearly all others are, so that a write wakes its task twice and not once for each message.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use lapin::message::BasicReturnMessage;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, PublisherConfirm};
use tokio_util::sync::ReusableBoxFuture;

use crate::provider::rabbitmq::line::Line;
use crate::provider::rabbitmq::mail::Outgoing;

/// Greatest number of publishes whose memory a channel keeps between two writes, a KiB and a half each.
const MAX_KEPT: usize = 256;

/// A publish that the client has not written to its socket yet.
type Publish = ReusableBoxFuture<'static, lapin::Result<PublisherConfirm>>;

/// What became of a write whose messages were all confirmed.
pub(super) struct Written {
    /// The messages that reached no queue, in no order.
    pub(super) returned: Vec<BasicReturnMessage>,
    /// Whether the broker has refused a message (`basic.nack`).
    pub(super) is_refused: bool,
}

/// A channel in confirm mode.
pub(super) struct Writer {
    line: Arc<Line>,
    channel: Arc<Channel>,
    publishes: Vec<Publish>,
    /// The confirms of the publishes at the same places; `None` where a publish is not written yet.
    confirms: Vec<Option<PublisherConfirm>>,
}

impl Writer {
    pub(super) async fn open(line: &Arc<Line>) -> Result<Self, lapin::Error> {
        let channel = line.channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self {
            line: Arc::clone(line),
            channel: Arc::new(channel),
            publishes: Vec::new(),
            confirms: Vec::new(),
        })
    }

    /// Returns whether the channel is open and belongs to this line.
    pub(super) fn is_of(&self, line: &Arc<Line>) -> bool {
        Arc::ptr_eq(&self.line, line) && self.channel.status().connected()
    }

    /// Writes messages and waits until each is confirmed. After an error the writer must not be used again.
    pub(super) async fn write(
        &mut self,
        batch: impl Iterator<Item = Outgoing>,
    ) -> Result<Written, lapin::Error> {
        let count = self.prepare(batch);
        self.hand_over(count)?;
        let mut written = Written { returned: Vec::new(), is_refused: false };
        for place in (0..count).rev() {
            if self.confirms[place].is_none() {
                self.confirms[place] = Some((&mut self.publishes[place]).await?);
            }
        }
        while let Some(confirm) = self.confirms.pop() {
            let Some(confirm) = confirm else { continue };
            let confirmation = confirm.await?;
            written.is_refused |= confirmation.is_nack();
            written.returned.extend(Confirmation::take_message(confirmation));
        }
        self.publishes.truncate(MAX_KEPT);
        Ok(written)
    }

    /// Makes a publish of each message, where those of earlier writes were. Returns how many.
    fn prepare(&mut self, batch: impl Iterator<Item = Outgoing>) -> usize {
        let mut count = 0;
        for message in batch {
            let publish = publish(Arc::clone(&self.channel), message);
            match self.publishes.get_mut(count) {
                Some(used) => used.set(publish),
                None => self.publishes.push(ReusableBoxFuture::new(publish)),
            }
            count += 1;
        }
        count
    }

    /// Hands the messages to the client. The task need not be woken before all are.
    fn hand_over(&mut self, count: usize) -> Result<(), lapin::Error> {
        let mut context = Context::from_waker(Waker::noop());
        for publish in self.publishes.iter_mut().take(count) {
            self.confirms.push(match publish.poll(&mut context) {
                Poll::Ready(confirm) => Some(confirm?),
                Poll::Pending => None,
            });
        }
        Ok(())
    }
}

async fn publish(channel: Arc<Channel>, message: Outgoing) -> lapin::Result<PublisherConfirm> {
    let Outgoing { exchange, routing_key, mandatory, properties, body } = message;
    let options = BasicPublishOptions { mandatory, immediate: false };
    channel.basic_publish(exchange, routing_key, options, &body, properties).await
}
