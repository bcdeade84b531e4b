import { Chart } from "../parts/chart.tsx";
import { CHARTS } from "./chart-definitions.ts";
import { history } from "./polling.ts";

/** A chart of the metrics by its id, with what has been read since the page was opened. */
export function MetricChart({ id }: { id: string }) {
  const definition = CHARTS.find((chart) => chart.id === id);
  if (definition === undefined) return null;
  const series = history.value[id] ?? { times: [], lines: {} };
  return <Chart title={definition.title} unit={definition.unit} doc={definition.doc} series={series} />;
}
