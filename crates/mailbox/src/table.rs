//! The table of the jobs that an isolate has, by slot and generation.

use std::collections::VecDeque;
use std::sync::Arc as StdArc;
use std::time::Instant;

use crate::call::Call;
use crate::context::Context;
use crate::feed::Intake;
use crate::frame::NO_JOB;
use crate::slot::Slot;
use crate::stream::Channel;
use crate::sync::Arc;

const SLOT_BITS: u32 = 20;
const SLOT_MASK: u32 = (1 << SLOT_BITS) - 1;
const GENERATION_MASK: u32 = (1 << (32 - SLOT_BITS)) - 1;

/// How many freed slots rest at least before one is used again, oldest first. Generations alone repeat after 4,096 jobs in one
/// slot, which is half a second on a busy connection; a later answer would then reach the wrong job.
const MIN_RESTING: usize = 1024;

/// One job in flight.
pub(crate) struct Flight {
    /// Where the answer is awaited.
    pub(crate) slot: Arc<Slot>,
    /// What stays in Rust for the handler, until the job ends.
    pub(crate) context: Option<StdArc<dyn Context>>,
    /// When the job is answered for its isolate; `None` for a job without a time limit.
    pub(crate) deadline: Option<Instant>,
    /// Whether the isolate has seen the job.
    pub(crate) delivered: bool,
    /// Whether the job counts against the port's bound.
    pub(crate) counted: bool,
    /// Receives the answer's pieces, once the job answers piece by piece.
    pub(crate) channel: Option<Arc<Channel>>,
    /// Receives the isolate's credits, where the job's input comes in pieces.
    pub(crate) intake: Option<Intake>,
}

#[derive(Default)]
struct Cell {
    generation: u32,
    flight: Option<Flight>,
}

/// A slab of jobs whose keys repeat after four million jobs at the earliest.
#[derive(Default)]
pub(crate) struct Table {
    /// All cells ever used, by slot.
    cells: Vec<Cell>,
    /// The slots of empty cells, the longest empty first, so that a late answer rarely meets a new job.
    free: VecDeque<u32>,
    counted: usize,
    dated: usize,
}

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.cells.len() - self.free.len()
    }

    /// Whether there was never a job.
    pub(crate) fn is_unused(&self) -> bool {
        self.cells.is_empty()
    }

    /// The number of jobs that count against the port's bound.
    pub(crate) fn counted(&self) -> usize {
        self.counted
    }

    /// The number of jobs that have a time limit.
    pub(crate) fn dated(&self) -> usize {
        self.dated
    }

    /// The number of jobs of which `holds` is true.
    pub(crate) fn count(&self, holds: impl Fn(&Flight) -> bool) -> usize {
        self.cells.iter().filter_map(|cell| cell.flight.as_ref()).filter(|flight| holds(flight)).count()
    }

    /// The contexts of at most `limit` jobs that were delivered and whose answer has not begun.
    pub(crate) fn contexts(&self, limit: usize) -> Vec<StdArc<dyn Context>> {
        let flights = self.cells.iter().filter_map(|cell| cell.flight.as_ref());
        let running = flights.filter(|flight| flight.delivered && flight.channel.is_none());
        running.filter_map(|flight| flight.context.clone()).take(limit).collect()
    }

    /// Changes the time limits of all jobs that have one.
    pub(crate) fn date_anew(&mut self, change: impl Fn(Instant) -> Instant) {
        for flight in self.cells.iter_mut().filter_map(|cell| cell.flight.as_mut()) {
            flight.deadline = flight.deadline.map(&change);
        }
    }

    /// Turns a job's answer into a stream: the job then has no time limit and does not count against the bound.
    pub(crate) fn begin_stream(&mut self, id: u32, channel: Arc<Channel>) -> Option<Arc<Slot>> {
        let flight = self.get_mut(id).filter(|flight| flight.channel.is_none())?;
        flight.channel = Some(channel);
        let was_counted = std::mem::take(&mut flight.counted);
        let was_dated = flight.deadline.take().is_some();
        let slot = Arc::clone(&flight.slot);
        self.counted -= usize::from(was_counted);
        self.dated -= usize::from(was_dated);
        Some(slot)
    }

    /// Adds a job, and returns its id: slot and generation.
    pub(crate) fn insert(&mut self, flight: Flight) -> u32 {
        self.counted += usize::from(flight.counted);
        self.dated += usize::from(flight.deadline.is_some());
        let rested = if self.free.len() > MIN_RESTING { self.free.pop_front() } else { None };
        let index = rested.unwrap_or_else(|| {
            self.cells.push(Cell::default());
            slot_number(self.cells.len() - 1)
        });
        let cell = &mut self.cells[index as usize];
        cell.flight = Some(flight);
        (cell.generation << SLOT_BITS) | index
    }

    /// The job of an id; `None` once it has ended.
    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Flight> {
        let cell = self.cells.get_mut((id & SLOT_MASK) as usize)?;
        if cell.generation == id >> SLOT_BITS { cell.flight.as_mut() } else { None }
    }

    /// Gives each call the context of the job that makes it.
    pub(crate) fn find_callers(&mut self, calls: &mut [Call]) {
        // Most calls of an outbox follow others of the same job.
        let mut last: (u32, Option<StdArc<dyn Context>>) = (NO_JOB, None);
        for call in calls {
            if last.0 != call.job {
                last = (call.job, self.get_mut(call.job).and_then(|flight| flight.context.clone()));
            }
            call.caller.clone_from(&last.1);
        }
    }

    /// Takes the job of an id out; `None` once it has ended.
    pub(crate) fn remove(&mut self, id: u32) -> Option<Flight> {
        let index = id & SLOT_MASK;
        let cell = self.cells.get_mut(index as usize)?;
        if cell.generation != id >> SLOT_BITS {
            return None;
        }
        let flight = cell.flight.take()?;
        self.counted -= usize::from(flight.counted);
        self.dated -= usize::from(flight.deadline.is_some());
        cell.generation = (cell.generation + 1) & GENERATION_MASK;
        self.free.push_back(index);
        Some(flight)
    }

    /// The ids of all jobs for which `pick` is true.
    pub(crate) fn ids(&self, pick: impl Fn(&Flight) -> bool) -> Vec<u32> {
        let key = |(index, cell): (usize, &Cell)| {
            let flight = cell.flight.as_ref()?;
            pick(flight).then_some((cell.generation << SLOT_BITS) | slot_number(index))
        };
        self.cells.iter().enumerate().filter_map(key).collect()
    }
}

/// A port's bound on jobs in flight keeps far below 2^20 slots.
fn slot_number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(SLOT_MASK) & SLOT_MASK
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flight() -> Flight {
        Flight {
            slot: Arc::default(),
            context: None,
            deadline: None,
            delivered: false,
            counted: true,
            channel: None,
            intake: None,
        }
    }

    #[test]
    fn s13_an_id_comes_again_only_after_millions_of_jobs() {
        let mut table = Table::default();
        let late = table.insert(flight());
        table.remove(late);
        // One job after another, as on a single connection: the same few slots must not be worn down.
        for _ in 0..4_000_000 {
            let id = table.insert(flight());
            assert_ne!(id, late);
            table.remove(id);
        }
    }

    #[test]
    fn a_freed_id_finds_nothing_although_its_slot_is_used_again() {
        let mut table = Table::default();
        let first = table.insert(flight());
        assert!(table.remove(first).is_some());
        let mut second = table.insert(flight());
        while first & SLOT_MASK != second & SLOT_MASK {
            table.remove(second);
            second = table.insert(flight());
        }
        assert_ne!(first, second);
        assert!(table.get_mut(first).is_none());
        assert!(table.remove(first).is_none());
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn a_forged_id_finds_nothing() {
        let mut table = Table::default();
        table.insert(flight());
        assert!(table.remove(u32::MAX).is_none());
        assert!(table.remove(7).is_none());
        assert_eq!(table.len(), 1);
    }
}
