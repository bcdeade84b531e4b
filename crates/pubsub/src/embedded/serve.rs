//! Which request does what.

use tokio::sync::mpsc::WeakUnboundedSender;

use super::fault::Fault;
use super::leases::end_of;
use super::request::{Claim, Handed, Request};
use super::state::{Memory, Outcome};
use super::work::Work;

/// Answers what is known without the file. Answers to those who have gone are dropped, here and below.
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

/// Does what changes or reads the file; the answer, for when it is committed.
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
            work.declare(&topics)?;
            Some(Box::new(move || drop(answer.send(Ok(())))))
        }
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

/// Gives those who wait what is ready, in the order in which they came.
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
        let deliveries = work.claim(&claim)?;
        if deliveries.is_empty() {
            waiting.push(claim);
            continue;
        }
        let handed = Handed::new(deliveries, writer.clone());
        outcomes.push(Box::new(move || drop(claim.answer.send(handed))));
    }
    Ok(())
}
