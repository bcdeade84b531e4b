//! The access log: one line for each request, written to standard output by a task of its own.

mod ecs;
mod fields;
pub(crate) mod line_writer;
mod pino;
mod pretty;
mod stdout;

use std::cell::RefCell;
use std::fs::File;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use twinloop_runtime::telemetry::AccessEntry;
use twinloop_runtime::{Core, redacted, redaction};

use crate::access::ecs::EcsForm;
use crate::access::line_writer::LineWriter;
use crate::access::pino::PinoForm;
use crate::access::pretty::PrettyForm;
use crate::resource::host_name;
use crate::settings::{LogFormat, TelemetrySettings};
use crate::store::line::Line;

/// The number of a warning, and of an ordinary line; pino's.
const WARN: u8 = 40;
const INFO: u8 = 30;

/// Writes the lines of requests.
pub(crate) struct AccessWriter {
    form: AccessForm,
    /// Where the lines go.
    pub(crate) writer: Arc<LineWriter>,
}

enum AccessForm {
    Pino(PinoForm),
    Ecs(EcsForm),
    Pretty(PrettyForm),
}

thread_local! {
    /// The line under way; a thread writes one at a time.
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// An access log that is not written yet.
pub(crate) struct AccessLines {
    form: AccessForm,
    file: File,
}

impl AccessLines {
    /// Opens standard output for lines of the form that the settings ask for.
    pub(crate) fn open(settings: &TelemetrySettings) -> std::io::Result<Self> {
        let form = match settings.log_format {
            LogFormat::Json => AccessForm::Pino(PinoForm::new(&host_name())),
            LogFormat::Ecs => AccessForm::Ecs(EcsForm::new(&settings.app, &host_name())),
            LogFormat::Pretty => AccessForm::Pretty(PrettyForm { colours: settings.colours }),
        };
        Ok(Self { form, file: stdout::stdout()? })
    }

    /// Starts the task that writes, which runs until the writer is stopped.
    pub(crate) fn start(self, core: &'static Core) -> AccessWriter {
        AccessWriter { form: self.form, writer: LineWriter::start(core, self.file) }
    }
}

impl AccessWriter {
    /// Writes the line of a request. Waits for nothing.
    pub(crate) fn write(&self, entry: &AccessEntry<'_>) {
        LINE.with_borrow_mut(|line| {
            line.clear();
            match &self.form {
                AccessForm::Pino(form) => form.write(line, entry),
                AccessForm::Ecs(form) => form.write(line, entry),
                AccessForm::Pretty(form) => form.write(line, entry),
            }
            line.push('\n');
            // Paths and principals come from outside, and may hold a secret of the app.
            let clean = redaction(line);
            self.writer.push(clean.as_deref().unwrap_or(line).as_bytes());
        });
    }
}

/// The level of a request's line: a warning where the server failed.
fn level(entry: &AccessEntry<'_>) -> u8 {
    if entry.status >= 500 { WARN } else { INFO }
}

/// What people read of a request, such as `GET /links/7 200`.
fn sentence(entry: &AccessEntry<'_>) -> String {
    let method = if entry.method.is_empty() { "-" } else { entry.method };
    let path = if entry.path.is_empty() { "-" } else { entry.path };
    format!("{method} {path} {}", entry.status)
}

/// Milliseconds with microseconds as fractions.
fn milliseconds(entry: &AccessEntry<'_>) -> f64 {
    (entry.took.as_secs_f64() * 1e6).round() / 1e3
}

/// A request among the recent lines.
pub(crate) fn recent_line(entry: &AccessEntry<'_>) -> Line {
    let mut fields = Map::new();
    let mut text = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), redacted(value.to_owned()).into());
        }
    };
    text("request_id", Some(entry.request_id));
    text("route", entry.route);
    text("endpoint", entry.endpoint);
    text("principal", entry.principal);
    text("refusal", entry.refusal);
    text("user_agent", entry.user_agent);
    text("remote", entry.remote.map(|remote| remote.to_string()).as_deref());
    text("trace_id", entry.context.map(|context| context.trace.to_string()).as_deref());
    text("span_id", entry.context.map(|context| context.span.to_string()).as_deref());
    fields.insert("status".to_owned(), entry.status.into());
    fields.insert("responseTime".to_owned(), Json::from(milliseconds(entry)));
    fields.insert("bytes_in".to_owned(), entry.bytes_in.into());
    fields.insert("bytes_out".to_owned(), entry.bytes_out.into());
    let since = entry.time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let time_ms = (since.as_secs_f64() * 1e6).round() / 1e3;
    Line { time_ms, level: level(entry).into(), message: redacted(sentence(entry)), fields }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::{Duration, SystemTime};

    use twinloop_runtime::telemetry::TraceContext;

    use super::*;

    pub(crate) fn entry() -> AccessEntry<'static> {
        AccessEntry {
            time: SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123),
            method: "GET",
            path: "/links/\u{1b}[31m\"7\"",
            route: Some("/links/:id"),
            endpoint: Some("links.get"),
            status: 200,
            took: Duration::from_micros(1_234),
            bytes_in: 0,
            bytes_out: 42,
            remote: Some("10.0.0.7".parse().unwrap()),
            request_id: "r-1",
            context: TraceContext::read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            version: "1.1",
            principal: Some("ada"),
            refusal: None,
            is_cut: false,
            user_agent: Some("curl/8"),
        }
    }

    #[test]
    fn a_recent_line_belongs_to_the_trace() {
        let line = recent_line(&entry());
        assert!(line.trace().is_some());
        assert_eq!((line.level, line.fields["responseTime"].as_f64()), (30, Some(1.234)));
        assert!((line.time_ms - 1_700_000_000_123.0).abs() < 1e-3);
    }

    #[test]
    fn a_failure_of_the_server_is_a_warning() {
        assert_eq!(level(&AccessEntry { status: 503, ..entry() }), WARN);
        assert_eq!(level(&AccessEntry { status: 404, ..entry() }), INFO);
    }
}
