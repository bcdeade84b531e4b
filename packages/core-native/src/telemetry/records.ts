import { addon } from "../crossing/description.ts";
import { numbersOf } from "../crossing/operation-numbers.ts";
import { port } from "../crossing/port.ts";

/** The name of the component that reads telemetry. */
export const COMPONENT = "telemetry";

type Recording = "recordSpan" | "recordMetrics" | "recordLine";

interface Numbers {
  readonly component: number;
  readonly operation: Readonly<Record<Recording, number>>;
}

let found: Numbers | undefined;

function numbers(): Numbers {
  if (found !== undefined) return found;
  const component = addon.components.findIndex(({ name }) => name === COMPONENT);
  const known = addon.components[component]?.operations ?? [];
  const names = ["recordSpan", "recordMetrics", "recordLine"] as const;
  const operation = numbersOf(names, known, COMPONENT, import.meta.url);
  return (found = { component, operation });
}

/**
 * Tells the runtime what this isolate has recorded: a span, metrics or a log line, as one JSON text. It leaves with the calls of the
 * turn. `refused` is called with the failure where the runtime does not take it; without it, nobody hears of that.
 */
export function record(
  what: Recording,
  text: string,
  refused: (failure: string) => void = () => undefined,
): void {
  const { component, operation } = numbers();
  port().ask(component, operation[what], text, (answer, failed) => {
    if (failed) refused(answer);
  });
}
