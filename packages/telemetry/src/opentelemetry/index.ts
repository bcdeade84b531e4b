/**
 * The app's traces behind OpenTelemetry's API: importing this module registers context manager, tracer provider and propagator, so that
 * existing instrumentation nests in what the runtime sees. Import it before the instrumentation.
 *
 * @packageDocumentation
 */
import { context, propagation, trace } from "@opentelemetry/api";
import { log } from "@twinloop/core-native";
import { Contexts } from "./contexts.ts";
import { TraceContextPropagator } from "./trace-context.ts";
import { Tracers } from "./tracers.ts";

/**
 * Registers the app's traces with OpenTelemetry's API. Importing the module does it once.
 *
 * Shape: true where all of it is registered; false, with a warning in the log, where another SDK was registered before, which then stays.
 */
export function registerOpenTelemetry(): boolean {
  const contexts = new Contexts();
  const taken = [
    context.setGlobalContextManager(contexts) ? undefined : "context manager",
    trace.setGlobalTracerProvider(new Tracers(contexts)) ? undefined : "tracer provider",
    propagation.setGlobalPropagator(new TraceContextPropagator()) ? undefined : "propagator",
  ].filter((part) => part !== undefined);
  if (taken.length === 0) return true;
  log.warn("another OpenTelemetry SDK is registered: its spans do not nest in the app's operations", {
    taken: taken.join(", "),
  });
  return false;
}

registerOpenTelemetry();
