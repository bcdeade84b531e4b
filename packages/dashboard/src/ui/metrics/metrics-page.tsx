import { useState } from "preact/hooks";
import type { Metric, MetricPoint } from "../../contract.ts";
import { Problem } from "../parts/notices.tsx";
import { Page, Scroll, Section } from "../parts/page.tsx";
import { dayAndTime } from "../text/instant.ts";
import { plainText } from "../text/plain-text.ts";
import { inUnit, whole } from "../text/quantity.ts";
import { CHARTS } from "./chart-definitions.ts";
import { quantile } from "./histogram.ts";
import { MetricChart } from "./metric-chart.tsx";
import { metrics, metricsFailure } from "./polling.ts";

/** The most series that the table shows. */
const MOST_ROWS = 300;

/** Gauges of seconds above it are instants, as `twinloop.cron.next_run`: no app has run for 30 years. */
const EARLIEST_INSTANT_S = 1e9;

/** Charts of what the runtime measures, and all metrics, the app's own among them, as a table. */
export function MetricsPage() {
  const failure = metricsFailure.value;
  return (
    <Page
      title="Metrics"
      lead={
        <>
          Read every 3 s while this page is open. Prometheus reads the same at <code>/metrics</code>.
        </>
      }
    >
      {failure !== null && !(failure.isDisconnected && metrics.value !== null) && (
        <Problem failure={failure} />
      )}
      <Section title="Over time">
        <div class="charts">
          {CHARTS.map(({ id }) => (
            <MetricChart key={id} id={id} />
          ))}
        </div>
      </Section>
      <Section title="All metrics">
        <MetricTable metrics={metrics.value?.metrics ?? []} />
      </Section>
    </Page>
  );
}

function MetricTable({ metrics }: { metrics: readonly Metric[] }) {
  const [text, setText] = useState("");
  const sought = text.trim().toLowerCase();
  const rows = metrics
    .flatMap((metric) => metric.points.map((point) => ({ metric, point })))
    .filter(({ metric, point }) => `${metric.name} ${labelText(point)}`.toLowerCase().includes(sought));
  return (
    <>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          <span>Search</span>
          <input
            type="search"
            placeholder="name or label"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      </form>
      <Scroll label="All metrics" isTall>
        <table>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col">Labels</th>
              <th scope="col" class="number">
                Value
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map(({ metric, point }) => (
              <tr key={`${metric.name} ${labelText(point)}`}>
                <th scope="row" title={plainText(metric.help)}>
                  <code>{plainText(metric.name)}</code> <span class="kind">{metric.kind}</span>
                </th>
                <td class="clip">{labelText(point)}</td>
                <td class="number">{valueText(metric, point)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length > MOST_ROWS && (
        <p class="quiet">{whole(rows.length - MOST_ROWS)} further series; narrow the search.</p>
      )}
      {rows.length === 0 && <p class="quiet">No metric fits.</p>}
    </>
  );
}

function labelText(point: MetricPoint): string {
  return plainText(
    Object.entries(point.labels)
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}=${value}`)
      .join(" "),
  );
}

function valueText(metric: Metric, point: MetricPoint): string {
  const isInstant = metric.unit === "s" && metric.kind === "gauge" && point.value > EARLIEST_INSTANT_S;
  if (isInstant) return dayAndTime(point.value * 1000);
  if (metric.kind !== "histogram") return inUnit(point.value, metric.unit);
  const median = quantile(metric.bounds ?? [], point.buckets ?? [], 0.5);
  return `${whole(point.count ?? 0)} measured${median === null ? "" : `, median ${inUnit(median, metric.unit)}`}`;
}
