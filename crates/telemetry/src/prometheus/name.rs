//! Names of OpenTelemetry in Prometheus's form.

use twinloop_runtime::telemetry::{MetricKind, MetricSpec};

/// Units of UCUM as words. Source: the translation of opentelemetry-collector-contrib, `pkg/translator/prometheus`.
const UNITS: &[(&str, &str)] = &[
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("%", "percent"),
];

/// Units behind `/`, as words.
const PER: &[(&str, &str)] = &[
    ("s", "second"),
    ("min", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

/// A metric's name in Prometheus's form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MetricName {
    /// The name without the `_total` of counters.
    pub(crate) family: String,
    /// The unit at the name's end; empty without one.
    pub(crate) unit: String,
}

impl MetricName {
    /// Translates a metric's name and unit: `http.server.request.duration` in `s` becomes `http_server_request_duration_seconds`.
    pub(crate) fn of(spec: &MetricSpec) -> Self {
        let mut family = words(&spec.name);
        let is_counter = spec.kind == MetricKind::Counter;
        if is_counter && let Some(without) = family.strip_suffix("_total") {
            family.truncate(without.len());
        }
        let unit = unit_words(&spec.unit, spec.kind);
        if !unit.is_empty() && family != unit && !family.ends_with(&format!("_{unit}")) {
            family = format!("{family}_{unit}");
        }
        if family.starts_with(|first: char| first.is_ascii_digit()) {
            family.insert(0, '_');
        }
        Self { family, unit }
    }
}

/// The name of a label: as of metrics, without colons.
pub(crate) fn label(name: &str) -> String {
    let name = words(name);
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("key_{name}") } else { name }
}

/// A name of letters, digits and single underscores.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len());
    for letter in name.chars() {
        let letter = if letter.is_ascii_alphanumeric() { letter } else { '_' };
        if letter != '_' || !words.ends_with('_') {
            words.push(letter);
        }
    }
    words.trim_end_matches('_').to_owned()
}

fn unit_words(unit: &str, kind: MetricKind) -> String {
    if unit == "1" {
        return if kind == MetricKind::Gauge { "ratio".to_owned() } else { String::new() };
    }
    let (main, per) = unit.split_once('/').map_or((unit, None), |(main, per)| (main, Some(per)));
    let find = |table: &[(&str, &str)], unit: &str| {
        // `{request}` is an annotation, no unit.
        let unit = unit.split('{').next().unwrap_or_default().trim();
        table
            .iter()
            .find(|(each, _)| *each == unit)
            .map_or_else(|| words(unit), |(_, word)| (*word).to_owned())
    };
    let (main, per) = (find(UNITS, main), per.map(|per| find(PER, per)).filter(|per| !per.is_empty()));
    match per {
        Some(per) if main.is_empty() => format!("per_{per}"),
        Some(per) => format!("{main}_per_{per}"),
        None => main,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(kind: MetricKind, name: &'static str, unit: &'static str) -> String {
        MetricName::of(&MetricSpec::new(kind, name, unit, "")).family
    }

    #[test]
    fn names_are_translated_as_open_telemetry_says() {
        use MetricKind::{Counter, Gauge, Histogram};
        for (kind, given, unit, expected) in [
            (Histogram, "http.server.request.duration", "s", "http_server_request_duration_seconds"),
            (Histogram, "http.server.request.body.size", "By", "http_server_request_body_size_bytes"),
            (Gauge, "http.server.active_requests", "{request}", "http_server_active_requests"),
            (Counter, "messaging.client.sent.messages", "{message}", "messaging_client_sent_messages"),
            (Gauge, "nodejs.eventloop.utilization", "1", "nodejs_eventloop_utilization_ratio"),
            (Counter, "orders_total", "1", "orders"),
            (Gauge, "queue.age_seconds", "s", "queue_age_seconds"),
            (Gauge, "rate", "By/s", "rate_bytes_per_second"),
            (Gauge, "rate", "{item}/min", "rate_per_minute"),
            (Gauge, "2nd..try--", "", "_2nd_try"),
            (Gauge, "fuel", "furlong", "fuel_furlong"),
        ] {
            assert_eq!(name(kind, given, unit), expected, "{given}");
        }
        assert_eq!(label("http.request.method"), "http_request_method");
        assert_eq!(label("1st"), "key_1st");
    }
}
