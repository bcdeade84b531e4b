//! What `OTEL_*` asks for.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde_json::json;
use twinloop_runtime::Failure;
use twinloop_runtime::telemetry::{Sampler, SamplerKind};

use crate::otlp::variables::Variables;

/// Variables that are obeyed by being as they are: propagation of baggage is the app's, insecure is of gRPC alone.
const WITHOUT_EFFECT: &[&str] = &["OTEL_EXPORTER_OTLP_INSECURE", "OTEL_LOG_LEVEL"];

/// What is exported, where to, and how.
#[derive(Debug, Default)]
pub(crate) struct OtelConfig {
    /// Where spans go; `None` for nowhere.
    pub(crate) traces: Option<Target>,
    /// Where metrics go; `None` for nowhere.
    pub(crate) metrics: Option<Target>,
    /// Which traces are exported.
    pub(crate) sampler: Sampler,
    /// How spans are gathered.
    pub(crate) batch: BatchConfig,
    /// How often metrics are sent.
    pub(crate) metric_interval: Duration,
    /// The attributes of `OTEL_RESOURCE_ATTRIBUTES`.
    pub(crate) resource: Vec<(String, String)>,
    /// `OTEL_SERVICE_NAME`.
    pub(crate) service_name: Option<String>,
    /// Variables that are set and change nothing.
    pub(crate) unknown: Vec<String>,
}

/// Where a signal goes.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The URL.
    pub(crate) url: Uri,
    /// Further headers of each request; their values are secret.
    pub(crate) headers: HeaderMap,
    /// How long a request may take.
    pub(crate) timeout: Duration,
    /// Whether bodies are compressed.
    pub(crate) is_gzipped: bool,
}

/// How spans are gathered, as `OTEL_BSP_*` says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchConfig {
    /// How long a span waits for others.
    pub(crate) delay: Duration,
    /// Most spans that wait; bounded by bytes in any case.
    pub(crate) max_queue: Option<usize>,
    /// Most spans of one request.
    pub(crate) max_batch: usize,
    /// How long a request is repeated; `None` for as long as there is room for others.
    pub(crate) timeout: Option<Duration>,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self { delay: Duration::from_secs(5), max_queue: None, max_batch: 2_048, timeout: None }
    }
}

impl OtelConfig {
    /// Reads the variables.
    ///
    /// Errors: `invalid_argument` with every problem in `details.problems`, each naming its variable and what to set.
    pub(crate) fn read(given: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let variables = Variables::new(given);
        let mut config = Self::of(&variables);
        config.unknown = variables.unknown();
        config.unknown.retain(|name| !WITHOUT_EFFECT.contains(&name.as_str()));
        let problems = variables.into_problems();
        if problems.is_empty() {
            return Ok(config);
        }
        let message = format!("telemetry cannot be configured: {}", problems.join("; "));
        Err(Failure::invalid_argument(message).with_details(json!({ "problems": problems })))
    }

    fn of(variables: &Variables<'_>) -> Self {
        check_propagators(variables);
        check_temporality(variables);
        let pairs =
            |name: &str| variables.text(name).map(|text| variables.pairs(name, text)).unwrap_or_default();
        let is_disabled = variables.is_true("OTEL_SDK_DISABLED");
        let (traces, metrics) =
            (target(variables, "TRACES", &[]), target(variables, "METRICS", &["prometheus"]));
        if let Some(other) = variables.text("OTEL_LOGS_EXPORTER").filter(|exporter| *exporter != "none") {
            variables.problem(format!(
                "OTEL_LOGS_EXPORTER is {other:?}: lines are written to standard output; set none"
            ));
        }
        Self {
            traces: traces.filter(|_| !is_disabled),
            metrics: metrics.filter(|_| !is_disabled),
            sampler: sampler(variables),
            batch: batch(variables),
            metric_interval: metric_interval(variables),
            resource: pairs("OTEL_RESOURCE_ATTRIBUTES"),
            service_name: variables.text("OTEL_SERVICE_NAME").map(str::to_owned),
            unknown: Vec::new(),
        }
    }
}

/// Where a signal goes: to a collector where its exporter is `otlp`, or where it is not said and there is an endpoint.
fn target(variables: &Variables<'_>, signal: &str, further: &[&str]) -> Option<Target> {
    let name = format!("OTEL_{signal}_EXPORTER");
    let exporters: Vec<&str> =
        variables.text(&name).map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default();
    for other in exporters
        .iter()
        .filter(|exporter| !["otlp", "none"].contains(exporter) && !further.contains(exporter))
    {
        variables.problem(format!("{name} is {other:?}: set otlp, or none"));
    }
    check_protocol(variables, signal);
    let url = url(variables, signal, exporters.contains(&"otlp"));
    let target = Target {
        url: url?,
        headers: headers(variables, signal),
        timeout: timeout(variables, signal),
        is_gzipped: is_gzipped(variables, signal),
    };
    for rest in ["CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE"] {
        if let Some((name, _)) = variables.of_signal(signal, rest) {
            variables.problem(format!(
                "{name} is not supported: add the authority's certificate by SSL_CERT_FILE"
            ));
        }
    }
    (exporters.is_empty() || exporters.contains(&"otlp")).then_some(target)
}

fn check_protocol(variables: &Variables<'_>, signal: &str) {
    let Some((name, protocol)) = variables.of_signal(signal, "PROTOCOL") else { return };
    if protocol != "http/protobuf" {
        variables.problem(format!(
            "{name} is {protocol:?}: set http/protobuf, and an endpoint that takes it (a collector's port 4318)"
        ));
    }
}

/// The URL: that of the signal as it is, or the one for all with `v1/traces` or `v1/metrics`.
fn url(variables: &Variables<'_>, signal: &str, is_wanted: bool) -> Option<Uri> {
    let own = format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
    let (name, text) = match (variables.text(&own), variables.text("OTEL_EXPORTER_OTLP_ENDPOINT")) {
        (Some(own_text), _) => (own.as_str(), own_text.to_owned()),
        (None, Some(base)) => {
            let path = format!("/v1/{}", signal.to_lowercase());
            ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("{}{path}", base.trim_end_matches('/')))
        }
        (None, None) if is_wanted => ("", format!("http://localhost:4318/v1/{}", signal.to_lowercase())),
        (None, None) => return None,
    };
    let read = text.parse::<Uri>().ok().filter(|url| {
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty())
    });
    // A URL may have a password in it, so that it is not told.
    match read {
        Some(url) if url.authority().is_some_and(|authority| authority.as_str().contains('@')) => {
            variables
                .problem(format!("{name} has a user in it: give credentials by OTEL_EXPORTER_OTLP_HEADERS"));
            None
        }
        Some(url) => Some(url),
        None => {
            variables.problem(format!("{name} is no URL: set one such as http://localhost:4318"));
            None
        }
    }
}

fn headers(variables: &Variables<'_>, signal: &str) -> HeaderMap {
    let Some((name, text)) = variables.of_signal(signal, "HEADERS") else { return HeaderMap::new() };
    let mut headers = HeaderMap::new();
    for (key, value) in variables.pairs(&name, text) {
        match (key.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            (Ok(key), Ok(mut value)) => {
                value.set_sensitive(true);
                headers.insert(key, value);
            }
            _ => variables.problem(format!("{name}: {key:?} cannot be a header with its value")),
        }
    }
    headers
}

fn timeout(variables: &Variables<'_>, signal: &str) -> Duration {
    let default = Duration::from_secs(10);
    let Some((name, _)) = variables.of_signal(signal, "TIMEOUT") else { return default };
    variables.milliseconds(&name).unwrap_or(default)
}

fn is_gzipped(variables: &Variables<'_>, signal: &str) -> bool {
    match variables.of_signal(signal, "COMPRESSION") {
        None | Some((_, "none")) => false,
        Some((_, "gzip")) => true,
        Some((name, other)) => {
            variables.problem(format!("{name} is {other:?}: set gzip, or none"));
            false
        }
    }
}

fn sampler(variables: &Variables<'_>) -> Sampler {
    let name = "OTEL_TRACES_SAMPLER";
    let argument = variables.text("OTEL_TRACES_SAMPLER_ARG");
    let Some(text) = variables.text(name) else {
        if argument.is_some() {
            variables.problem(format!(
                "OTEL_TRACES_SAMPLER_ARG is set without a sampler: set {name} to parentbased_traceidratio"
            ));
        }
        return Sampler::default();
    };
    let (is_parent_based, kind) =
        text.strip_prefix("parentbased_").map_or((false, text), |kind| (true, kind));
    let kind = match kind {
        "always_on" => SamplerKind::AlwaysOn,
        "always_off" => SamplerKind::AlwaysOff,
        "traceidratio" => SamplerKind::Ratio(ratio(variables, argument)),
        _ => {
            variables.problem(format!(
                "{name} is {text:?}: set always_on, always_off or traceidratio, each also as parentbased_…"
            ));
            SamplerKind::AlwaysOn
        }
    };
    Sampler { kind, is_parent_based }
}

fn ratio(variables: &Variables<'_>, argument: Option<&str>) -> f64 {
    let Some(argument) = argument else { return 1.0 };
    match argument.parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => ratio,
        _ => {
            variables.problem(format!(
                "OTEL_TRACES_SAMPLER_ARG is {argument:?}: it is a share from 0 to 1, such as 0.1"
            ));
            1.0
        }
    }
}

fn batch(variables: &Variables<'_>) -> BatchConfig {
    let default = BatchConfig::default();
    let max_queue = variables.count("OTEL_BSP_MAX_QUEUE_SIZE");
    let max_batch = variables.count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
    if let (Some(queue), Some(batch)) = (max_queue, max_batch)
        && batch > queue
    {
        variables.problem(format!(
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE is {batch}, more than OTEL_BSP_MAX_QUEUE_SIZE, which is {queue}"
        ));
    }
    let max_batch = max_batch.unwrap_or(default.max_batch).min(max_queue.unwrap_or(usize::MAX));
    BatchConfig {
        delay: variables.milliseconds("OTEL_BSP_SCHEDULE_DELAY").unwrap_or(default.delay),
        max_queue,
        max_batch,
        timeout: variables.milliseconds("OTEL_BSP_EXPORT_TIMEOUT"),
    }
}

fn metric_interval(variables: &Variables<'_>) -> Duration {
    // A request's own time limit is that of the exporter.
    variables.milliseconds("OTEL_METRIC_EXPORT_TIMEOUT");
    variables.milliseconds("OTEL_METRIC_EXPORT_INTERVAL").unwrap_or(Duration::from_secs(60))
}

fn check_propagators(variables: &Variables<'_>) {
    let propagators = variables.text("OTEL_PROPAGATORS").unwrap_or_default();
    for other in propagators.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !["tracecontext", "baggage"].contains(&other) {
            variables.problem(format!(
                "OTEL_PROPAGATORS has {other:?}: set tracecontext, or tracecontext,baggage"
            ));
        }
    }
}

fn check_temporality(variables: &Variables<'_>) {
    for (name, only) in [
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "cumulative"),
        ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram"),
    ] {
        if let Some(other) = variables.text(name).filter(|value| !value.eq_ignore_ascii_case(only)) {
            variables.problem(format!("{name} is {other:?}: set {only}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<OtelConfig, Failure> {
        let given = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        OtelConfig::read(&given)
    }

    #[test]
    fn nothing_is_exported_without_an_endpoint() {
        let config = read(&[("OTEL_SERVICE_NAME", "shop")]).unwrap();
        assert!(config.traces.is_none() && config.metrics.is_none());
        assert_eq!(config.service_name.as_deref(), Some("shop"));
        assert!(
            read(&[("OTEL_TRACES_EXPORTER", "otlp")]).unwrap().traces.unwrap().url
                == "http://localhost:4318/v1/traces"
        );
    }

    #[test]
    fn an_endpoint_is_for_both_signals() {
        let config = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example:4318/base/"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://other/custom"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Basic%20eA=="),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ])
        .unwrap();
        let (traces, metrics) = (config.traces.unwrap(), config.metrics.unwrap());
        assert_eq!(traces.url, "https://collector.example:4318/base/v1/traces");
        assert_eq!(metrics.url, "http://other/custom");
        assert_eq!(metrics.headers["x-key"], "a b");
        assert_eq!(traces.headers["authorization"], "Basic eA==");
        assert!(traces.is_gzipped && traces.timeout == Duration::from_millis(2500));
        assert!(!format!("{traces:?}").contains("Basic"));
    }

    #[test]
    fn what_cannot_be_obeyed_is_refused_by_name() {
        for (name, value, hint) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json", "http/protobuf"),
            ("OTEL_TRACES_EXPORTER", "zipkin", "otlp"),
            ("OTEL_TRACES_EXPORTER", "otlp,jaeger", "otlp"),
            ("OTEL_METRICS_EXPORTER", "console", "none"),
            ("OTEL_LOGS_EXPORTER", "otlp", "none"),
            ("OTEL_TRACES_SAMPLER", "jaeger_remote", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.5", "parentbased_traceidratio"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "http://localhost:4318"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://x", "http://localhost:4318"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:hunter2@x", "HEADERS"),
            ("OTEL_SDK_DISABLED", "yes", "true or false"),
            ("OTEL_PROPAGATORS", "b3", "tracecontext"),
            ("OTEL_RESOURCE_ATTRIBUTES", "team", "name=value"),
            ("OTEL_BSP_SCHEDULE_DELAY", "soon", "whole number"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0", "whole number"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "-1", "whole number"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta", "cumulative"),
        ] {
            let refused = read(&[(name, value)]).unwrap_err().message;
            assert!(
                refused.contains(name) && refused.contains(hint) && !refused.contains("hunter2"),
                "{refused}"
            );
        }
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x");
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hunter2"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "br"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"),
        ] {
            let refused = read(&[endpoint, (name, value)]).unwrap_err().message;
            assert!(refused.contains(name) && !refused.contains("hunter2"), "{refused}");
        }
        let ratio = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "110%")];
        assert!(read(&ratio).unwrap_err().message.contains("0 to 1"));
        let all = read(&[("OTEL_PROPAGATORS", "b3"), ("OTEL_SDK_DISABLED", "1")]).unwrap_err();
        assert_eq!(all.details["problems"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn samplers_and_batches_are_as_the_variables_say() {
        let config = read(&[
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "1000"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ])
        .unwrap();
        assert_eq!(config.sampler, Sampler { kind: SamplerKind::Ratio(0.25), is_parent_based: true });
        assert_eq!((config.batch.max_queue, config.batch.max_batch), (Some(1000), 1000));
        assert_eq!(config.batch.delay, Duration::from_millis(100));
    }

    #[test]
    fn disabled_is_off_and_unknown_names_are_told() {
        let config = read(&[
            ("OTEL_SDK_DISABLED", "TRUE"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x"),
            ("OTEL_NODE_RESOURCE_DETECTORS", "all"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", ""),
        ])
        .unwrap();
        assert!(config.traces.is_none() && config.metrics.is_none());
        assert_eq!(config.unknown, ["OTEL_NODE_RESOURCE_DETECTORS"]);
    }
}
