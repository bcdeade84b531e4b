//! Readers of what the process records of itself: OTLP export, Prometheus text, the access log, recent traces and lines, and the
//! admin server.
//!
//! The component gives [`Telemetry::read_by`](twinloop_runtime::telemetry::Telemetry::read_by) its engine. Each part is bounded in
//! memory, blocks no request, and counts what it drops.

mod access;
mod admin;
mod app_side;
mod component;
mod drops;
mod engine;
mod operation;
mod otlp;
mod process;
mod prometheus;
mod resource;
mod settings;
mod store;
mod summed_gauge;
mod user_metrics;
mod user_span;

pub use component::{PRIMITIVE, component};
