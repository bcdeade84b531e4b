//! What pubsub tells of publishes and deliveries: spans, metrics, and log lines that could become a flood.

pub(crate) mod batch_processing;
pub(crate) mod dead_letter_log;
pub(crate) mod metrics;
pub(crate) mod processing;
pub(crate) mod sending;
