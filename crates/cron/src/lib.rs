//! Scheduled jobs: instants in their time zone, once per fleet, with a history.
//!
//! A [`Schedule`] gives instants, a [`Timetable`] says which of them are to be fired, a [`Ledger`](ledger::Ledger) says who fires
//! them. The engine has the timers and the runs.

mod clock;
mod component;
mod counters;
mod engine;
mod error;
mod execution;
mod job;
mod keeper;
pub mod ledger;
mod live;
mod operation;
mod pacer;
mod request;
mod schedule;
#[cfg(test)]
mod scripted;
mod timetable;
mod verdict;

pub use clock::{Clock, Instant, WallClock};
pub use component::component;
pub use error::Error;
pub use schedule::{Schedule, zone};
pub use timetable::{CORRECTION, Due, MOST_MISSED, Missed, ON_TIME, Timetable};
