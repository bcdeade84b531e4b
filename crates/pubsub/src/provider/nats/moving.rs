//! Messages on their way from a pull to another place.

use std::time::Duration;

use async_nats::jetstream::AckKind;
use twinloop_runtime::Failure;

use crate::provider::nats::envelope::Letter;
use crate::provider::nats::queue::Queue;
use crate::provider::nats::stock::Held;

/// The length of a pull: how long a consumer that ends waits for the last one.
pub(super) const PULL_FOR: Duration = Duration::from_secs(1);

/// Time within which a server ends a pull. One that is silent for longer has no such consumer, or no leader for it.
pub(super) const ENDED_WITHIN: Duration = Duration::from_millis(2_500);

/// Reads a delivered message; `None` for one that JetStream did not deliver.
pub(super) fn received(message: &async_nats::jetstream::Message) -> Option<Held> {
    let info = message.info().ok()?;
    Some(Held {
        sequence: info.stream_sequence,
        reply: message.reply.clone()?,
        letter: Letter::read(message.headers.as_ref(), message.payload.clone()),
        delivered: u32::try_from(info.delivered).unwrap_or(1),
        uncounted: 0,
        extra: 0,
    })
}

/// Stores messages anew, with their attempts, and then settles the originals: a failure in between leaves two, never none.
pub(super) async fn store_anew(from: &Queue, to: &Queue, held: &[Held]) -> Result<(), Failure> {
    let copies = held.iter().map(|held| to.copy(&held.counted(), held.sequence)).collect();
    to.link.store(copies).await?;
    for held in held {
        from.link.settle(&held.reply, AckKind::Ack.into()).await?;
    }
    Ok(())
}
