//! Metrics in Prometheus's text forms: names by OpenTelemetry's translation, the classic text 0.0.4, and `OpenMetrics` with exemplars.
//!
//! Source: OpenTelemetry specification, "Prometheus and `OpenMetrics` Compatibility"; Prometheus, "Exposition formats"; `OpenMetrics` 1.0.
//! Written here and not by `prometheus-client`, which knows `OpenMetrics` alone, and names metrics as they are declared.

pub(crate) mod name;
pub(crate) mod text;
