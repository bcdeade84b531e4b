//! Export to a collector: OTLP over HTTP, as protobuf.
//!
//! Spans are encoded where their operation ends and wait in batches of bytes (`span_queue.rs`), at most 16 MiB; one task sends them
//! (`span_exporter.rs`), another one the metrics (`metric_exporter.rs`). Neither keeps a request waiting.
//!
//! Source: OpenTelemetry protocol 1.x, <https://opentelemetry.io/docs/specs/otlp/>; the messages are encoded directly from what
//! was recorded, which costs a tenth of building them first, and the tests decode them by `opentelemetry-proto`.

pub(crate) mod collector;
pub(crate) mod config;
pub(crate) mod metric_exporter;
mod metric_message;
mod response;
mod retry_bounds;
pub(crate) mod span_exporter;
mod span_message;
pub(crate) mod span_queue;
mod variables;
mod wire;
