/**
 * Spans and metrics of an app's own code, which nest in what the runtime sees of it.
 *
 * @packageDocumentation
 */
import { requireAbi } from "@twinloop/core-native/internal";

requireAbi("@twinloop/telemetry", 7);

export { Counter, CounterGroup } from "./metrics/counter.ts";
export { Gauge, GaugeGroup, type GaugeConfig } from "./metrics/gauge.ts";
export { Histogram, type HistogramConfig } from "./metrics/histogram.ts";
export type { Labels, LabelValue } from "./metrics/labels.ts";
export type { MetricConfig, WithLabels } from "./metrics/metric.ts";
export { MetricError } from "./metrics/metric-error.ts";
export { trace, type Span, type SpanOptions } from "./trace/trace.ts";
export type { SpanAttributes, SpanValue } from "@twinloop/core-native/internal";
