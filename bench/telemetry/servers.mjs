import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../tools/setup/command.mjs";
import { onNode, twinloopServer } from "../harness/server-list.mjs";

/** Where the packages of OpenTelemetry are put: they are large, and nothing else here needs them. */
const FOLDER = join(root, "bench/dist/opentelemetry");
const AUTO = "@opentelemetry/auto-instrumentations-node";
/** The last ones that run on Node 20. */
const VERSIONS = { [AUTO]: "0.81.2", "@opentelemetry/api": "1.9.1" };

/**
 * Every server of the suite, in the order of each round. `collector` is where traces and metrics are sent.
 *
 * @param {string} collector
 * @returns {readonly import("../harness/server-list.mjs").Server[]}
 */
export function servers(collector) {
  const log = { ACCESS_LOG: "all", LOG_FORMAT: "json", ADMIN_PORT: "0" };
  const traces = { ...log, OTEL_EXPORTER_OTLP_ENDPOINT: collector };
  const ratio = { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.01" };
  const instrumented = {
    BENCH_LOG: "1",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_LOGS_EXPORTER: "none",
    NODE_OPTIONS: `--require ${join(FOLDER, "node_modules", AUTO, "build/src/register.js")}`,
  };
  return [
    twinloopWith("twinloop", "Twinloop, nothing", {}),
    twinloopWith("metrics", "Twinloop: metrics", { ADMIN_PORT: "0" }),
    twinloopWith("log", "Twinloop: metrics, access log", log),
    twinloopWith("traces-1", "Twinloop: metrics, log, traces at 1 %", { ...traces, ...ratio }),
    twinloopWith("traces-100", "Twinloop: metrics, log, traces at 100 %", traces),
    onNode("fastify", "Fastify 5, nothing", "fastify"),
    { ...onNode("fastify", "Fastify 5 + pino", "fastify"), name: "fastify-pino", env: { BENCH_LOG: "1" } },
    {
      ...onNode("fastify", "Fastify 5 + pino + OpenTelemetry", "fastify"),
      name: "fastify-otel",
      env: instrumented,
    },
  ];
}

/** @param {string} name @param {string} title @param {Record<string, string>} env */
function twinloopWith(name, title, env) {
  return { ...twinloopServer, name, title, env: { ACCESS_LOG: "off", ...env } };
}

/** Installs the instrumentation that Fastify is measured with, unless that version is there. */
export function installInstrumentation() {
  if (installedVersion() === VERSIONS[AUTO]) return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "package.json"), JSON.stringify({ private: true, dependencies: VERSIONS }));
  console.log(`Installing ${AUTO} into ${pathToFileURL(FOLDER).pathname}`);
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", args, { cwd: FOLDER, stdio: ["ignore", "ignore", "inherit"] });
}

/** @returns {string | undefined} of the instrumentation, where it is there */
function installedVersion() {
  try {
    return JSON.parse(readFileSync(join(FOLDER, "node_modules", AUTO, "package.json"), "utf8")).version;
  } catch {
    return undefined;
  }
}
