//! The end of a port, and the passing on of the jobs that its isolate had not seen.

use std::sync::Arc as StdArc;
use std::task::Waker;

use crate::job::Job;
use crate::port::{Port, Queued, Refused};
use crate::slot::{Gone, Outcome, Slot};
use crate::sync::{Arc, lock};
use crate::table::Flight;

impl Port {
    /// Closes the port with its isolate: jobs that the isolate had are answered, unseen ones go to the heir of their component.
    pub fn close(&self, heir: impl Fn(u16) -> Option<StdArc<Port>>) {
        let mut state = lock(&self.state);
        state.closed = true;
        let mut orphans = Vec::new();
        for queued in std::mem::take(&mut state.queue) {
            if let Queued::Job { mut job, id } = queued
                && let Some(flight) = state.table.remove(id)
            {
                job.context = flight.context;
                job.intake = flight.intake;
                orphans.push((job, flight.slot));
            }
        }
        orphans.extend(std::mem::take(&mut state.held).into_iter().map(|held| (held.job, held.slot)));
        let delivered: Vec<Flight> =
            state.table.ids(|_| true).into_iter().filter_map(|id| state.table.remove(id)).collect();
        drop(state);

        let end = |slot: &Slot, gone| slot.complete(Outcome::Gone(gone)).into_iter().for_each(Waker::wake);
        for flight in delivered {
            match flight.channel {
                Some(channel) => channel.end(false).into_iter().for_each(Waker::wake),
                None => end(&flight.slot, Gone::IsolateGone),
            }
        }
        for (job, slot) in orphans {
            if !slot.is_abandoned() && !bequeath(job, &slot, &heir) {
                end(&slot, Gone::Overloaded);
            }
        }
        // The port's tasks wake once more, find the port closed, and end.
        for bell in [&self.bells.notify, &self.bells.distribute, &self.bells.sweep] {
            bell();
        }
    }
}

/// Most heirs to which a job is offered, since an heir may end at the same moment.
const MAX_HEIRS: usize = 3;

fn bequeath(mut job: Job, slot: &Arc<Slot>, heir: impl Fn(u16) -> Option<StdArc<Port>>) -> bool {
    for _ in 0..MAX_HEIRS {
        let Some(port) = heir(job.component) else { return false };
        match port.enter(job, slot) {
            Ok(()) => return true,
            Err((Refused::Closed, back)) => job = back,
            Err((Refused::Overloaded, _)) => return false,
        }
    }
    false
}
