//! Scheduled jobs: instants in their time zone, once per fleet, with a history.
//!
//! A [`Schedule`] computes instants, a [`Timetable`] decides which of them fire, and a [`Ledger`](ledger::Ledger) decides which
//! process fires them. The engine holds the timers and the runs.

mod arming;
mod attempt_outcome;
mod clock;
mod component;
mod counters;
mod days;
mod engine;
mod execution;
mod field;
mod job;
mod keeper;
pub mod ledger;
mod live;
mod metrics;
mod operation;
mod operator;
mod pacer;
mod pattern;
mod request;
mod run_trace;
mod schedule;
#[cfg(test)]
mod scripted;
mod timetable;

pub use clock::{Clock, Instant, WallClock};
pub use component::{PRIMITIVE, component};
pub use field::PatternError;
pub use schedule::{Schedule, zone};
pub use timetable::{CORRECTION, Due, MOST_MISSED, Missed, ON_TIME, Timetable};
