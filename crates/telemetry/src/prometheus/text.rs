//! The text that Prometheus reads.

use std::collections::HashSet;
use std::fmt::Write;
use std::time::UNIX_EPOCH;

use twinloop_runtime::telemetry::{Exemplar, Measured, MetricKind, MetricSnapshot, Point};

use crate::prometheus::name::{MetricName, label};

/// A form of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextForm {
    /// Prometheus text 0.0.4.
    Classic,
    /// `OpenMetrics` 1.0, which has exemplars.
    OpenMetrics,
}

impl TextForm {
    /// The form that an `accept` header asks for: `OpenMetrics` where it is named and not refused by `q=0`, otherwise the classic.
    pub(crate) fn accepted(accept: &str) -> Self {
        let is_named = accept.split(',').any(|range| {
            let mut parts = range.split(';').map(str::trim);
            parts.next() == Some("application/openmetrics-text")
                && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        });
        if is_named { Self::OpenMetrics } else { Self::Classic }
    }

    /// The media type of the form.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Writes metrics, and `target_info` with the attributes of the resource.
pub(crate) fn write(form: TextForm, metrics: &[MetricSnapshot], resource: &[(String, String)]) -> String {
    let mut writer = Writer { form, text: String::with_capacity(16 << 10) };
    let mut written = HashSet::new();
    writer.target(resource);
    for metric in metrics {
        let name = MetricName::of(&metric.spec);
        // Prometheus refuses a whole text in which a name comes twice.
        if !name.family.is_empty() && written.insert(name.family.clone()) {
            writer.metric(&name, metric);
        }
    }
    if form == TextForm::OpenMetrics {
        writer.text.push_str("# EOF\n");
    }
    writer.text
}

struct Writer {
    form: TextForm,
    text: String,
}

impl Writer {
    fn is_open(&self) -> bool {
        self.form == TextForm::OpenMetrics
    }

    fn target(&mut self, resource: &[(String, String)]) {
        let (family, kind) = if self.is_open() { ("target", "info") } else { ("target_info", "gauge") };
        self.head(family, kind, "", "What the process is.");
        let labels = labels(resource.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.sample("target_info", &labels, 1.0);
        self.text.push('\n');
    }

    fn metric(&mut self, name: &MetricName, metric: &MetricSnapshot) {
        let spec = &metric.spec;
        let total = format!("{}_total", name.family);
        let kind = match spec.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        let is_counter = spec.kind == MetricKind::Counter;
        let sampled = if is_counter { &total } else { &name.family };
        let family = if is_counter && !self.is_open() { &total } else { &name.family };
        self.head(family, kind, &name.unit, &spec.help);
        for point in &metric.points {
            let labels = labels_of(metric, point);
            match &point.measured {
                Measured::Number(value) => {
                    self.sample(sampled, &labels, *value);
                    self.text.push('\n');
                }
                Measured::Histogram { count, sum, buckets, exemplars } => {
                    self.buckets(&name.family, &labels, spec.bounds, buckets, exemplars);
                    self.sample(&format!("{}_sum", name.family), &labels, *sum);
                    let _ = write!(self.text, "\n{}_count{{{labels}}} {count}\n", name.family);
                }
            }
        }
    }

    fn head(&mut self, family: &str, kind: &str, unit: &str, help: &str) {
        let mut help = help.replace('\\', "\\\\").replace('\n', "\\n");
        if self.is_open() {
            help = help.replace('"', "\\\"");
        }
        let _ = writeln!(self.text, "# HELP {family} {help}\n# TYPE {family} {kind}");
        if self.is_open() && !unit.is_empty() {
            let _ = writeln!(self.text, "# UNIT {family} {unit}");
        }
    }

    fn buckets(
        &mut self,
        family: &str,
        labels: &str,
        bounds: &[f64],
        counts: &[u64],
        exemplars: &[Option<Exemplar>],
    ) {
        let name = format!("{family}_bucket");
        let mut below = 0;
        for (place, count) in counts.iter().enumerate() {
            below += count;
            let bound = bounds.get(place).map_or("+Inf".to_owned(), |&bound| number(bound, self.is_open()));
            let _ = write!(self.text, "{name}{{{labels}{}le=\"{bound}\"}} {below}", comma(labels));
            if let Some(Some(exemplar)) = exemplars.get(place).filter(|_| self.is_open()) {
                self.exemplar(exemplar);
            }
            self.text.push('\n');
        }
    }

    fn exemplar(&mut self, exemplar: &Exemplar) {
        let Exemplar { value, context, time } = exemplar;
        let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let (trace, span) = (context.trace, context.span);
        let value = number(*value, true);
        let _ = write!(self.text, " # {{trace_id=\"{trace}\",span_id=\"{span}\"}} {value} {seconds:.3}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: f64) {
        let value = number(value, self.is_open());
        let _ = write!(self.text, "{name}{{{labels}}} {value}");
    }
}

fn comma(labels: &str) -> &'static str {
    if labels.is_empty() { "" } else { "," }
}

/// A number as both forms read it; a bound of `OpenMetrics` has a point or an exponent.
fn number(value: f64, has_point: bool) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else if has_point {
        format!("{value:?}")
    } else {
        value.to_string()
    }
}

fn labels_of(metric: &MetricSnapshot, point: &Point) -> String {
    if point.is_overflow {
        return labels([("otel.metric.overflow", "true")].into_iter());
    }
    labels(metric.spec.labels.iter().map(AsRef::as_ref).zip(point.labels.iter().map(String::as_str)))
}

/// Labels as they stand in braces: of two with one name the first stays, and one without a value is as good as absent.
fn labels<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    let mut seen = HashSet::new();
    for (name, value) in pairs {
        let name = label(name);
        if name.is_empty() || value.is_empty() || !seen.insert(name.clone()) {
            continue;
        }
        let _ = write!(text, "{}{name}=\"{}\"", comma(&text), escaped(value));
    }
    text
}

/// The value of a label: backslash, quotation mark and line feed are escaped.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use proptest::prelude::*;
    use twinloop_runtime::telemetry::{MetricSpec, TraceContext};

    use super::*;

    fn duration() -> MetricSnapshot {
        let context = TraceContext::read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_500);
        let spec = MetricSpec::new(
            MetricKind::Histogram,
            "http.server.request.duration",
            "s",
            "Duration \"of\" requests.",
        );
        let measured = Measured::Histogram {
            count: 3,
            sum: 2.5,
            buckets: vec![1, 0, 2],
            exemplars: vec![None, None, Some(Exemplar { value: 1.5, context, time })],
        };
        let points = vec![Point { labels: vec!["/links/:id".to_owned()], is_overflow: false, measured }];
        MetricSnapshot { spec: spec.labels(&["http.route"]).bounds(&[0.5, 1.0]), points }
    }

    fn counter(help: &'static str, value: f64) -> MetricSnapshot {
        let spec = MetricSpec::new(MetricKind::Counter, "orders", "{order}", help);
        MetricSnapshot::number(spec, value)
    }

    #[test]
    fn the_classic_text_is_as_prometheus_documents_it() {
        let resource = [("service.name".to_owned(), "shop".to_owned())];
        let text = write(
            TextForm::Classic,
            &[duration(), counter("Orders.", 3.0), counter("Twice.", 4.0)],
            &resource,
        );
        assert_eq!(
            text,
            "# HELP target_info What the process is.\n# TYPE target_info gauge\ntarget_info{service_name=\"shop\"} 1\n\
             # HELP http_server_request_duration_seconds Duration \"of\" requests.\n\
             # TYPE http_server_request_duration_seconds histogram\n\
             http_server_request_duration_seconds_bucket{http_route=\"/links/:id\",le=\"0.5\"} 1\n\
             http_server_request_duration_seconds_bucket{http_route=\"/links/:id\",le=\"1\"} 1\n\
             http_server_request_duration_seconds_bucket{http_route=\"/links/:id\",le=\"+Inf\"} 3\n\
             http_server_request_duration_seconds_sum{http_route=\"/links/:id\"} 2.5\n\
             http_server_request_duration_seconds_count{http_route=\"/links/:id\"} 3\n\
             # HELP orders_total Orders.\n# TYPE orders_total counter\norders_total{} 3\n"
        );
    }

    #[test]
    fn open_metrics_has_units_exemplars_and_an_end() {
        let text = write(TextForm::OpenMetrics, &[duration(), counter("Orders.", 3.0)], &[]);
        assert!(text.contains("# UNIT http_server_request_duration_seconds seconds\n"));
        assert!(
            text.contains("# TYPE target info\n")
                && text.contains("# TYPE orders counter\norders_total{} 3.0\n")
        );
        assert!(text.contains(
            "le=\"+Inf\"} 3 # {trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\",span_id=\"00f067aa0ba902b7\"} 1.5 1700000000.500\n"
        ));
        assert!(text.contains("le=\"1.0\"") && text.ends_with("# EOF\n"));
    }

    #[test]
    fn the_form_is_what_the_scraper_accepts() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
        assert_eq!(TextForm::accepted(prometheus), TextForm::OpenMetrics);
        assert_eq!(TextForm::accepted("application/openmetrics-text;q=0, text/plain"), TextForm::Classic);
        assert_eq!(TextForm::accepted("*/*"), TextForm::Classic);
    }

    #[test]
    fn what_is_no_number_is_written_as_prometheus_reads_it() {
        assert_eq!(
            ["NaN", "+Inf", "-Inf"],
            [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|v| number(v, true))
        );
    }

    /// Reads the value of a label back, as Prometheus's lexer does.
    fn unescaped(text: &str) -> Option<String> {
        let mut value = String::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '"' | '\n' => return None,
                '\\' => value.push(match letters.next()? {
                    'n' => '\n',
                    escaped @ ('\\' | '"') => escaped,
                    _ => return None,
                }),
                other => value.push(other),
            }
        }
        Some(value)
    }

    proptest! {
        #[test]
        fn a_label_is_read_back_as_it_was(value in any::<String>()) {
            prop_assert_eq!(unescaped(&escaped(&value)), Some(value));
        }

        #[test]
        fn any_name_and_help_keep_the_text_whole(name in any::<String>(), help in any::<String>(), value in any::<String>()) {
            let spec = MetricSpec {
                name: name.clone().into(), help: help.into(), unit: name.clone().into(), kind: MetricKind::Counter,
                labels: vec![name.into()], bounds: &[],
            };
            let metric = MetricSnapshot::numbers(spec, [(vec![value], 1.0)]);
            for form in [TextForm::Classic, TextForm::OpenMetrics] {
                let text = write(form, std::slice::from_ref(&metric), &[]);
                for line in text.lines() {
                    let is_comment = line.starts_with("# ");
                    let name: String = line.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                    prop_assert!(is_comment || (!name.is_empty() && line[name.len()..].starts_with('{')), "{}", line);
                }
            }
        }
    }
}
