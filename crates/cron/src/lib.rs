//! Scheduled jobs: instants in their time zone, once per fleet, with a history.

mod component;

pub use component::component;
