//! Delayed messages: a part of the subscription with a consumer of its own.
//!
//! A process that receives a delayed message too early has the server deliver it again when it is due (`-NAK` with a delay, which the
//! server keeps over a restart). A due message is stored anew to be delivered, and then acknowledged here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use async_nats::jetstream::AckKind;
use futures_util::StreamExt;
use tokio::time::sleep;
use twinloop_runtime::Failure;

use crate::provider::nats::moving::{ENDED_WITHIN, PULL_FOR, received, store_anew};
use crate::provider::nats::names::Part;
use crate::provider::nats::queue::Queue;

const AGAIN_AFTER: Duration = Duration::from_secs(1);
const AT_ONCE: usize = 200;

/// Makes delayed messages due until the end.
pub(super) async fn run(queue: Queue, is_ending: Arc<AtomicBool>) {
    while !is_ending.load(Ordering::Acquire) {
        if watch(&queue, &is_ending).await.is_err() {
            // The task that pulls reports what is wrong.
            sleep(AGAIN_AFTER).await;
        }
    }
}

async fn watch(queue: &Queue, is_ending: &AtomicBool) -> Result<(), Failure> {
    let link = &queue.link;
    let pull = link.consumer(&queue.names, Part::Later, Duration::ZERO).await?;
    let failed = |error: &dyn std::fmt::Display| link.failed("deliver delayed messages", error);
    while !is_ending.load(Ordering::Acquire) {
        link.context().await?;
        let mut reconnected = std::pin::pin!(link.reconnected.notified());
        let mut silent = std::pin::pin!(sleep(ENDED_WITHIN));
        let batch = pull.batch().max_messages(AT_ONCE).expires(PULL_FOR).messages().await;
        let mut batch = batch.map_err(|error| failed(&error))?;
        loop {
            let message = tokio::select! {
                message = batch.next() => message,
                () = &mut reconnected => None,
                // The consumer was deleted, perhaps.
                () = &mut silent => return Ok(()),
            };
            let Some(message) = message else { break };
            pass_on(queue, &message.map_err(|error| failed(&error))?).await?;
        }
    }
    Ok(())
}

async fn pass_on(queue: &Queue, message: &async_nats::jetstream::Message) -> Result<(), Failure> {
    let Some(mut held) = received(message) else { return Ok(()) };
    let wait = held.letter.due_at.and_then(|at| at.duration_since(SystemTime::now()).ok());
    if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
        return queue.link.tell(&held.reply, AckKind::Nak(Some(wait)).into()).await;
    }
    // Deliveries to this task are no attempts.
    (held.delivered, held.letter.due_at) = (1, None);
    store_anew(queue, queue, std::slice::from_ref(&held)).await
}
