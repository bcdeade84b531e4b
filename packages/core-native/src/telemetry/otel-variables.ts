import { problem, type Problem } from "../errors/error.ts";

/** A variable of OpenTelemetry's that has a few values here, of those that its specification has. */
interface Choice {
  readonly values: readonly string[];
  /** Whether the variable lists several of the values, separated by commas. */
  readonly isList?: true;
  readonly why: string;
}

const PROTOCOL: Choice = {
  values: ["http/protobuf"],
  why: "Spans and metrics are sent by OTLP over HTTP, as protobuf; a collector takes it at port 4318.",
};
const COMPRESSION: Choice = { values: ["gzip", "none"], why: "These are the compressions of OTLP." };

const CHOICES: Readonly<Record<string, Choice>> = {
  OTEL_SDK_DISABLED: { values: ["true", "false"], why: "It switches export off." },
  OTEL_EXPORTER_OTLP_PROTOCOL: PROTOCOL,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: PROTOCOL,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: PROTOCOL,
  OTEL_EXPORTER_OTLP_COMPRESSION: COMPRESSION,
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: COMPRESSION,
  OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: COMPRESSION,
  OTEL_TRACES_EXPORTER: { values: ["otlp", "none"], why: "Traces leave by OTLP." },
  OTEL_METRICS_EXPORTER: {
    values: ["otlp", "prometheus", "none"],
    isList: true,
    why: "Metrics leave by OTLP, and are read at ADMIN_PORT in Prometheus's form.",
  },
  OTEL_LOGS_EXPORTER: {
    values: ["none"],
    why: "Log lines go to standard output, from where collectors take them.",
  },
  OTEL_TRACES_SAMPLER: {
    values: [
      "always_on",
      "always_off",
      "traceidratio",
      "parentbased_always_on",
      "parentbased_always_off",
      "parentbased_traceidratio",
    ],
    why: "These are the samplers of OpenTelemetry's specification that need no server.",
  },
  OTEL_PROPAGATORS: {
    values: ["tracecontext", "baggage", "none"],
    isList: true,
    why: "Traces are passed on as W3C Trace Context has them; `baggage` is accepted, since it is in OpenTelemetry's default, and not read.",
  },
};

/** The variables whose values are checked in Rust, where they are read. */
const FREE =
  /^OTEL_(?:SERVICE_NAME|RESOURCE_ATTRIBUTES|TRACES_SAMPLER_ARG|METRIC_EXPORT_(?:INTERVAL|TIMEOUT)|BSP_(?:SCHEDULE_DELAY|EXPORT_TIMEOUT|MAX_QUEUE_SIZE|MAX_EXPORT_BATCH_SIZE)|EXPORTER_OTLP_(?:TRACES_|METRICS_)?(?:ENDPOINT|HEADERS|TIMEOUT))$/;

/** The variables of OpenTelemetry's that are set: an empty one is as none (its specification, "Environment Variable Specification"). */
export function otelVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const set = Object.entries(environment).filter(
    ([name, value]) => name.startsWith("OTEL_") && Boolean(value),
  );
  return Object.fromEntries(set as [string, string][]);
}

/** Finds variables of OpenTelemetry's that ask for what is not there. Those of other languages' SDKs are nobody's business. */
export function otelProblems(variables: Readonly<Record<string, string>>): Problem[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    const choice = Object.hasOwn(CHOICES, name) ? CHOICES[name]! : undefined;
    if (choice === undefined) return isUnknown(name) ? [unknown(name)] : [];
    const given = choice.isList ? value.split(",").map((one) => one.trim()) : [value.trim()];
    const wrong = given.filter((one) => !choice.values.includes(one.toLowerCase()));
    return wrong.map((one) => {
      const hint = `Write ${choice.values.join(choice.isList ? ", " : " or ")}. ${choice.why}`;
      return problem("config_invalid", `${name} is ${JSON.stringify(one)}`, hint);
    });
  });
}

/** Whether a variable would change an exporter, a sampler or a processor, and is none of those that are read. */
function isUnknown(name: string): boolean {
  return /^OTEL_(?:EXPORTER_OTLP_(?!LOGS_)|BSP_|TRACES_|METRIC_EXPORT_)/.test(name) && !FREE.test(name);
}

function unknown(name: string): Problem {
  const hint = "Unset it, or correct its name.";
  return problem("config_invalid", `${name} is set, and nothing reads it`, hint);
}
