//! The one end of an exchange, wherever it comes: the last byte of the answer, a client that leaves, a refusal of what was no request.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Method, Response, StatusCode};
use twinloop_runtime::telemetry::{AccessEntry, Histogram, OperationTrace, telemetry};

use crate::answer::body::Body;
use crate::answer::header_list::has_no_length;
use crate::answer::observed_body::{AnswerObserver, ObservedBody};
use crate::request::context::RequestContext;
use crate::telemetry::ended::{EndedExchange, user_agent, version};
use crate::telemetry::meters::{ErrorType, ExchangeLabels, meters};
use crate::telemetry::method::MethodLabel;
use crate::telemetry::server_span;

/// The status in logs and metrics of a request whose client left before there was an answer. It is never sent.
///
/// Source: nginx, which logs `NGX_HTTP_CLIENT_CLOSED_REQUEST` so.
const CLIENT_CLOSED: u16 = 499;

/// The duty to tell of an exchange's end. Dropped before an answer is sent, it tells that the client has left.
pub(crate) struct ExchangeEnding(Option<Arc<RequestContext>>);

impl ExchangeEnding {
    /// Begins an exchange of which somebody is told; otherwise there is nothing to end.
    pub(crate) fn of(context: &Arc<RequestContext>) -> Option<Self> {
        context.record.began()?;
        count(context, 1);
        Some(Self(Some(Arc::clone(context))))
    }

    /// Ends the exchange with the last byte of its answer.
    pub(crate) fn with(mut self, response: &mut Response<ObservedBody>) {
        let Some(context) = self.0.take() else { return };
        let status = response.status();
        context.record.answer(status.as_u16());
        let has_body = context.head.method != Method::HEAD && !has_no_length(status);
        response.body_mut().observe(context, has_body);
    }

    /// Ends an exchange whose connection went on as a WebSocket, by which so many bytes left.
    pub(crate) fn with_session(mut self, bytes_out: u64, is_whole: bool) {
        if let Some(context) = self.0.take() {
            context.ended(bytes_out, is_whole);
        }
    }

    /// Notes that the connection goes on as a WebSocket, after whose close the exchange ends.
    pub(crate) fn upgraded(&self) {
        if let Some(context) = &self.0 {
            context.record.answer(StatusCode::SWITCHING_PROTOCOLS.as_u16());
        }
    }
}

impl Drop for ExchangeEnding {
    fn drop(&mut self) {
        if let Some(context) = self.0.take() {
            context.ended(0, false);
        }
    }
}

impl AnswerObserver for RequestContext {
    fn ended(&self, bytes_out: u64, is_whole: bool) {
        let Some(began) = self.record.began() else { return };
        let status = self.record.status().unwrap_or(CLIENT_CLOSED);
        let refused = self.record.refusal().map(ErrorType::Refused);
        let failed = (500..600).contains(&status).then_some(ErrorType::Status(status));
        let cut = (!is_whole).then_some(ErrorType::Cut);
        tell(&EndedExchange {
            context: self,
            status,
            took: began.elapsed(),
            bytes_in: self.link.request_bytes(),
            bytes_out,
            is_cut: !is_whole,
            error: refused.or(failed).or(cut),
        });
    }
}

fn count(context: &RequestContext, by: i64) {
    meters().count_active(MethodLabel::of(&context.head.method), context.peer.protocol, by);
}

fn tell(ended: &EndedExchange<'_>) {
    count(ended.context, -1);
    let operation = ended.context.trace.traced.as_deref().map(|traced| &*traced.operation);
    if telemetry().settings.reads_metrics() {
        measure(ended, operation.filter(|operation| operation.context().is_sampled()));
    }
    let record = &ended.context.record;
    let policy = telemetry().settings.access();
    if policy.wants(ended.status, record.refusal().is_some(), ended.took)
        && !record.place().is_probe()
        && !ended.context.link.is_in_memory
    {
        enter(ended);
    }
    // Probes come every few seconds, and would drive all else out of the recent traces.
    if let Some(traced) = &ended.context.trace.traced
        && (!record.place().is_probe() || ended.status >= 500)
    {
        let is_error = ended.status >= 500;
        traced.operation.end_by(ended.took, is_error, |spans| server_span::make(ended, traced, spans));
    }
}

/// Records the metrics of the exchange; `sampled` is its operation where a measurement may be an exemplar.
fn measure(ended: &EndedExchange<'_>, sampled: Option<&OperationTrace>) {
    let place = ended.context.record.place();
    let method = MethodLabel::of(&ended.context.head.method);
    let labels = ExchangeLabels { method, route: place.route(), status: ended.status, error: ended.error };
    let sampled = sampled.map(|operation| (operation.context(), time_of(operation, ended.took)));
    let record = |histogram: &Histogram, value: f64| match sampled {
        Some((context, time)) => histogram.record_at(value, context, time),
        None => histogram.record(value),
    };
    #[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    let (bytes_in, bytes_out) = (ended.bytes_in as f64, ended.bytes_out as f64);
    place.series.with(
        labels.key(),
        || meters().series(labels),
        |series| {
            record(&series.duration, ended.took.as_secs_f64());
            record(&series.response_size, bytes_out);
            if ended.bytes_in > 0 {
                record(&series.request_size, bytes_in);
            }
            if let Some(refusals) = &series.refusals {
                refusals.increment();
            }
        },
    );
}

/// The time at which an operation has ended that took so long. Its begin is known, and a clock costs more than the sum.
fn time_of(operation: &OperationTrace, took: Duration) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(operation.after(took))
}

/// Writes the exchange's entry of the access log.
fn enter(ended: &EndedExchange<'_>) {
    let EndedExchange { context, .. } = ended;
    let (head, record, place) = (&context.head, &context.record, context.record.place());
    let (method, path, version) = if context.is_legible {
        (head.method.as_str(), head.uri.path(), version(head.version))
    } else {
        ("", "", "")
    };
    let user_agent = user_agent(&head.headers);
    telemetry().access(&AccessEntry {
        time: match &context.trace.traced {
            Some(traced) => time_of(&traced.operation, ended.took),
            None => SystemTime::now(),
        },
        method,
        path,
        route: place.route(),
        endpoint: place.endpoint(),
        status: ended.status,
        took: ended.took,
        bytes_in: ended.bytes_in,
        bytes_out: ended.bytes_out,
        remote: (!context.peer.address.is_unix).then_some(context.peer.address.ip),
        request_id: context.id.as_str(),
        context: Some(context.trace.context()),
        version,
        principal: record.principal(),
        refusal: record.refusal().map(crate::answer::reason::RefusalReason::as_str),
        is_cut: ended.is_cut,
        user_agent: user_agent.as_deref(),
    });
}

/// Wraps the body of an answer that is complete.
pub(crate) fn observed(response: Response<Body>) -> Response<ObservedBody> {
    response.map(ObservedBody::new)
}
