import { log } from "@twinloop/core-native";
import { collected, onCollect, onHandOver, record } from "@twinloop/core-native/internal";
import { agree, checkDefinition, type MetricDefinition } from "./definition.ts";
import { MetricSeries, type SeriesPoint } from "./series.ts";

/** How long changes gather before they are told to the runtime. */
const EVERY_MS = 250;

/** The series of this isolate's metrics, by the name in Prometheus's form, under which two would be one. */
const metrics = new Map<string, MetricSeries>();

let timer: NodeJS.Timeout | undefined;

/**
 * The series of a metric. A second definition of the same metric, as modules that are loaded anew make it, shares them.
 *
 * Errors: `invalid_argument` for a definition that cannot be; `failed_precondition` where another of its name disagrees.
 */
export function seriesOf(definition: MetricDefinition): MetricSeries {
  checkDefinition(definition);
  const key = definition.name.replace(/[^A-Za-z0-9]/g, "_");
  const found = metrics.get(key);
  if (found === undefined) {
    const made = new MetricSeries(definition, schedule);
    metrics.set(key, made);
    return made;
  }
  agree(found.definition, definition);
  return found;
}

/** Tells the runtime soon what has changed. */
function schedule(): void {
  timer ??= setTimeout(tell, EVERY_MS).unref();
}

/** Tells the runtime what has changed. What nobody would ever read is dropped; before the start it waits, bounded in number. */
function tell(): void {
  clearTimeout(timer);
  timer = undefined;
  if (!collected.isRunning) return;
  const changed: { points: readonly SeriesPoint[] }[] = [];
  for (const series of metrics.values()) {
    const points = series.take();
    if (points.length > 0) changed.push({ ...series.definition, points });
  }
  if (changed.length > 0 && collected.metrics) {
    record("recordMetrics", JSON.stringify({ metrics: changed }), refused);
  }
}

const told = new Set<string>();

/** Logs why metrics were not taken, once for each reason. */
function refused(failure: string): void {
  if (told.has(failure)) return;
  told.add(failure);
  const { code, message } = JSON.parse(failure) as { code: string; message: string };
  log.warn("failed to record metrics", { code, reason: message });
}

onHandOver(tell);
// An app that starts again has lost nothing that it counted meanwhile; gauges are told anew.
onCollect(() => {
  if (!collected.isRunning) return;
  for (const series of metrics.values()) series.tellAnew();
  schedule();
});
