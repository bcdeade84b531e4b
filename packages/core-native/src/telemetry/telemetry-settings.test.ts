import { expect, test } from "vitest";
import { settle } from "../lifecycle/start-options.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";
import { telemetrySettings } from "./telemetry-settings.ts";

const read = (
  options: TelemetryOptions = {},
  environment: NodeJS.ProcessEnv = {},
  isTest = false,
): ReturnType<typeof telemetrySettings> => telemetrySettings(options, { environment, isTest });

const TOKEN = "a-long-enough-token";

test("by default all requests are logged, slow queries and stalls too, and there is no admin server", () => {
  expect(read()).toEqual({
    settings: {
      accessLog: { mode: "all", slowMs: 0 },
      slowQueryMs: 500,
      stallMs: 200,
      traceSlowMs: 1_000,
      otel: {},
      admin: null,
      isPortByDefault: false,
    },
    problems: [],
  });
});

test("variables override options", () => {
  const options = {
    accessLog: "errors",
    slowQuery: "1s",
    stallLog: "off",
    traceSlow: 5,
    adminPort: 9000,
    adminHost: "localhost",
    adminAllowedHosts: ["a.example"],
  } satisfies TelemetryOptions;
  expect(read(options).settings).toMatchObject({
    accessLog: { mode: "errors" },
    slowQueryMs: 1_000,
    stallMs: null,
    traceSlowMs: 5,
    admin: { port: 9000, host: "localhost", token: null, metricsToken: false, allowedHosts: ["a.example"] },
  });
  const environment = {
    ACCESS_LOG: "slow:1m",
    SLOW_QUERY: "off",
    STALL_LOG: "70",
    TRACE_SLOW: "2s",
    ADMIN_PORT: "0",
    ADMIN_HOST: "::",
    ADMIN_TOKEN: TOKEN,
    ADMIN_METRICS_TOKEN: "required",
    ADMIN_ALLOWED_HOSTS: "b.example, c.example",
    OTEL_SERVICE_NAME: "shop",
    OTEL_RESOURCE_ATTRIBUTES: "",
  };
  expect(read(options, environment)).toEqual({
    settings: {
      accessLog: { mode: "slow", slowMs: 60_000 },
      slowQueryMs: null,
      stallMs: 70,
      traceSlowMs: 2_000,
      otel: { OTEL_SERVICE_NAME: "shop" },
      admin: {
        port: 0,
        host: "::",
        token: TOKEN,
        metricsToken: true,
        allowedHosts: ["b.example", "c.example"],
      },
      isPortByDefault: false,
    },
    problems: [],
  });
});

test("under twinloop dev the admin server has port 4040, unless it is off", () => {
  const { settings } = read({}, { TWINLOOP_DEV: "1" });
  expect([settings.admin?.port, settings.admin?.host, settings.isPortByDefault]).toEqual([
    4040,
    "127.0.0.1",
    true,
  ]);
  expect(read({}, { TWINLOOP_DEV: "1", ADMIN_PORT: "off" }).settings.admin).toBeNull();
});

test("a test has neither access log nor admin server, unless it asks for them", () => {
  const { settings } = read({}, { TWINLOOP_DEV: "1" }, true);
  expect([settings.accessLog.mode, settings.admin]).toEqual(["off", null]);
  const asked = read({ accessLog: "all", adminPort: 0 }, {}, true).settings;
  expect([asked.accessLog.mode, asked.admin?.port]).toEqual(["all", 0]);
});

test.each([
  [{ ACCESS_LOG: "some" }, 'ACCESS_LOG is "some"', "slow:200ms"],
  [{ ACCESS_LOG: "slow:soon" }, 'ACCESS_LOG is "slow:soon"', "slow:200ms"],
  [{ SLOW_QUERY: "quick" }, 'SLOW_QUERY is "quick"', "or off"],
  [{ STALL_LOG: "-1" }, 'STALL_LOG is "-1"', "or off"],
  [{ TRACE_SLOW: "off" }, 'TRACE_SLOW is "off"', "milliseconds"],
  [{ LOG_FORMAT: "xml" }, 'LOG_FORMAT is "xml"', "json, ecs or pretty"],
  [{ ADMIN_PORT: "70000" }, 'ADMIN_PORT is "70000"', "65535"],
  [{ ADMIN_PORT: "1", ADMIN_METRICS_TOKEN: "yes" }, 'ADMIN_METRICS_TOKEN is "yes"', "required or none"],
  [{ ADMIN_PORT: "1", ADMIN_METRICS_TOKEN: "required" }, "there is no ADMIN_TOKEN", "openssl rand"],
  [{ ADMIN_PORT: "1", ADMIN_TOKEN: "short" }, "fewer than 16", "openssl rand"],
  [{ ADMIN_PORT: "1", ADMIN_HOST: "0.0.0.0" }, '"0.0.0.0" without a token', "ADMIN_TOKEN"],
  [{ ADMIN_PORT: "1", ADMIN_HOST: "127.evil.example" }, "without a token", "ADMIN_TOKEN"],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, 'OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"', "http/protobuf"],
  [{ OTEL_TRACES_EXPORTER: "zipkin" }, 'OTEL_TRACES_EXPORTER is "zipkin"', "otlp or none"],
  [{ OTEL_PROPAGATORS: "tracecontext,b3" }, 'OTEL_PROPAGATORS is "b3"', "tracecontext"],
  [{ OTEL_TRACES_SAMPLER: "jaeger_remote" }, 'is "jaeger_remote"', "parentbased_traceidratio"],
  [{ OTEL_EXPORTER_OTLP_CERTIFICATE: "/x" }, "OTEL_EXPORTER_OTLP_CERTIFICATE is set", "correct its name"],
])("%j is refused", (environment, message, hint) => {
  const { problems } = read({}, environment);
  expect(problems).toHaveLength(1);
  expect(problems[0]!.message).toContain(message);
  expect(problems[0]!.hint).toContain(hint);
});

test("a variable of OpenTelemetry's that concerns other parts is nobody's business", () => {
  const environment = {
    OTEL_PROPAGATORS: "tracecontext,baggage",
    OTEL_METRICS_EXPORTER: "prometheus,otlp",
    OTEL_SEMCONV_STABILITY_OPT_IN: "http",
    OTEL_NODE_RESOURCE_DETECTORS: "env",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318",
  };
  const { settings, problems } = read({}, environment);
  expect(problems).toEqual([]);
  expect(settings.otel).toEqual(environment);
});

test.each([
  [{ accessLog: "some" }, 'start(): telemetry.accessLog is "some"'],
  [{ slowQuery: "quick" }, 'start(): telemetry.slowQuery is "quick"'],
  [{ adminPort: "1" }, 'start(): telemetry.adminPort is "1"'],
  [{ adminAllowedHosts: "a" }, 'start(): telemetry.adminAllowedHosts is "a"'],
  [{ accesLog: "all" }, "start(): there is no option telemetry.accesLog"],
])("the option %j is refused with its name", (telemetry, message) => {
  const { problems } = settle({ telemetry: telemetry as never }, {});
  expect(problems).toMatchObject([{ code: "config_invalid", message }]);
  expect(telemetrySettings(telemetry as never, { environment: {}, isTest: false }).problems).toEqual([]);
});
