//! Dispatch: the function that carries out each kind of request.

use tokio::sync::mpsc::WeakUnboundedSender;

use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::leases::end_of;
use crate::provider::embedded::memory::Memory;
use crate::provider::embedded::request::{Claim, Handed, Outcome, Request};
use crate::provider::embedded::work::Work;

/// Answers a request from memory alone. Answers to callers that are gone are dropped, here and below.
pub(super) fn light(memory: &mut Memory, waiting: &mut Vec<Claim>, request: Request) {
    match request {
        Request::Claim(claim) => {
            waiting.retain(|claim| !claim.answer.is_closed());
            waiting.push(claim);
        }
        Request::Extend { leases, deadline, answer } => {
            let lost = memory.leases.extend(&leases, end_of(deadline));
            let _ = answer.send(Ok(lost));
        }
        Request::Find { topic, subscription, answer } => {
            let _ = answer.send(memory.catalogue.find(&topic, &subscription));
        }
        _ => {}
    }
}

/// Carries out a request that changes or reads the file. Returns the callback that answers it after the commit.
pub(super) fn heavy(work: &mut Work<'_>, request: Request) -> Result<Option<Outcome>, Fault> {
    Ok(match request {
        Request::Publish { messages, room, answer } => {
            let published = work.publish(&messages)?;
            Some(Box::new(move || {
                let _ = answer.send(published);
                drop(room);
            }))
        }
        Request::Settle { lease, how, answer } => {
            work.settle(lease, how)?;
            Some(Box::new(move || drop(answer.send(Ok(())))))
        }
        Request::Declare { topics, answer } => {
            let adopted = work.declare(&topics)?;
            Some(Box::new(move || drop(answer.send(Ok(adopted)))))
        }
        Request::Do(job) => Some(job(work)?),
        Request::Return(returned) => {
            work.give_back(&returned)?;
            None
        }
        Request::Inspect { topic, subscription, what } => {
            match work.memory.catalogue.find(&topic, &subscription) {
                Ok(number) => Some(work.inspect(number, what)?),
                Err(error) => Some(Box::new(move || what.refuse(error))),
            }
        }
        Request::Claim(_) | Request::Extend { .. } | Request::Find { .. } | Request::Close { .. } => None,
    })
}

/// Hands ready entries to waiting consumers, in the order in which they came.
pub(super) fn hand_out(
    work: &mut Work<'_>,
    waiting: &mut Vec<Claim>,
    writer: &WeakUnboundedSender<Request>,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), Fault> {
    for claim in std::mem::take(waiting) {
        if claim.answer.is_closed() {
            continue;
        }
        if work.memory.catalogue.known(claim.demand.queue).is_err() {
            // The subscription was deleted: its consumer gets that error at its next request.
            continue;
        }
        let deliveries = work.claim(&claim.demand)?;
        if deliveries.is_empty() {
            waiting.push(claim);
            continue;
        }
        let handed = Handed::new(deliveries, writer.clone());
        outcomes.push(Box::new(move || drop(claim.answer.send(handed))));
    }
    Ok(())
}
