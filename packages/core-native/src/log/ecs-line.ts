import type { EncodedFields, LineFormat, LineOrigin } from "./log-line.ts";

/** The version of the schema whose names the lines have. */
const ECS_VERSION = "8.11.0";

/** The names of the schema for fields that lines have by other names. */
const NAMES: Readonly<Record<string, string>> = { trace_id: "trace.id", span_id: "span.id" };

/** The names that each line has of its own, and those under which the schema expects objects of its own. */
const TAKEN: ReadonlySet<string> = new Set(
  "@timestamp log.level message ecs.version service.name process.pid host.hostname agent client cloud container destination dns ecs error event file group host http labels log network observer organization os process server service source span tags trace transaction url user user_agent".split(
    " ",
  ),
);

/**
 * Makes the format of Elastic's schema: one JSON object a line, whose `err` becomes `error.type`, `error.message`, `error.code` and
 * `error.stack_trace`. A field whose name means something else in the schema gets an underscore.
 *
 * Source: Elastic Common Schema 8.11, and the required fields of ECS logging.
 */
export function ecsLines(origin: LineOrigin, service: () => string | undefined): LineFormat {
  const place = `"process.pid":${origin.pid},"host.hostname":${JSON.stringify(origin.hostname)}`;
  return (level, time, message, fields) => {
    const head = `{"@timestamp":"${new Date(time).toISOString()}","log.level":"${level}","message":${JSON.stringify(message)}`;
    const name = service();
    const named = name === undefined ? "" : `,"service.name":${JSON.stringify(name)}`;
    return `${head},"ecs.version":"${ECS_VERSION}"${named},${place}${fieldsOf(fields)}}\n`;
  };
}

function fieldsOf(fields: EncodedFields): string {
  let text = "";
  for (const [name, value] of fields) {
    if (name === "err") text += errorFields(value);
    else text += `,${JSON.stringify(NAMES[name] ?? (TAKEN.has(name) ? `${name}_` : name))}:${value}`;
  }
  return text;
}

interface ErrorParts {
  readonly type?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly stack?: unknown;
  readonly cause?: unknown;
}

function errorFields(encoded: string): string {
  const error = JSON.parse(encoded) as ErrorParts | string | null;
  if (typeof error !== "object" || error === null) return `,"error.message":${JSON.stringify(String(error))}`;
  const { type, message, code } = error;
  const named = { "error.type": type, "error.message": message, "error.code": code };
  let text = "";
  for (const [name, value] of Object.entries(named)) {
    // The schema has texts here, and an index refuses a document whose field has another type.
    if (value !== undefined)
      text += `,"${name}":${JSON.stringify(typeof value === "string" ? value : JSON.stringify(value))}`;
  }
  const stack = stackTrace(error);
  return stack === undefined ? text : `${text},"error.stack_trace":${JSON.stringify(stack)}`;
}

/** The stack of an error, with those of its causes below it. */
function stackTrace({ stack, cause }: ErrorParts): string | undefined {
  if (typeof stack !== "string") return undefined;
  if (cause === undefined) return stack;
  const below = typeof cause === "object" && cause !== null ? stackTrace(cause) : undefined;
  return `${stack}\ncaused by ${below ?? JSON.stringify(cause)}`;
}
