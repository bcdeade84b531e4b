//! The metrics of the HTTP edge.
//!
//! Source: OpenTelemetry semantic conventions, "HTTP metrics"; names that begin with `twinloop.` are our own.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use twinloop_runtime::telemetry::{
    Collect, Counter, DURATION_SECONDS, Family, Histogram, LabelValues, MetricKind, MetricSnapshot,
    MetricSpec, SIZE_BYTES, telemetry,
};

use crate::answer::reason::RefusalReason;
use crate::connection::remote::Scheme;
use crate::telemetry::method::MethodLabel;

/// What went wrong with an exchange, of few values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ErrorType {
    /// The edge refused the request.
    Refused(RefusalReason),
    /// The app answered 500 or above.
    Status(u16),
    /// The client left, or the answer broke off, before it was whole.
    Cut,
}

impl ErrorType {
    /// A number of its own among the error types of one status, for the key of a series.
    fn number(self) -> u32 {
        match self {
            Self::Refused(reason) => u32::from(reason as u8),
            Self::Status(_) => 0xfe,
            Self::Cut => 0xff,
        }
    }

    /// The value of `error.type`.
    pub(crate) fn to_text(self) -> std::borrow::Cow<'static, str> {
        match self {
            Self::Refused(reason) => reason.as_str().into(),
            Self::Status(status) => status.to_string().into(),
            Self::Cut => "cut".into(),
        }
    }
}

/// The labels of an exchange: method, route, status, error type. An empty text stands for a label that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ExchangeLabels {
    pub(crate) method: MethodLabel,
    pub(crate) route: Option<&'static str>,
    pub(crate) status: u16,
    pub(crate) error: Option<ErrorType>,
}

const EXCHANGE_LABELS: [&str; 4] =
    ["http.request.method", "http.route", "http.response.status_code", "error.type"];

impl ExchangeLabels {
    /// The key of the series among those of one route.
    pub(crate) fn key(self) -> u32 {
        let error = self.error.map_or(0, ErrorType::number);
        u32::from(self.status) | (self.method as u32) << 16 | error << 24
    }
}

impl LabelValues for ExchangeLabels {
    fn values(&self) -> Vec<String> {
        let error = self.error.map_or_else(String::new, |error| error.to_text().into_owned());
        let route = self.route.unwrap_or_default().to_owned();
        vec![self.method.as_str().to_owned(), route, self.status.to_string(), error]
    }
}

/// The labels of refusals: reason and route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct RefusalLabels {
    reason: RefusalReason,
    route: Option<&'static str>,
}

impl LabelValues for RefusalLabels {
    fn values(&self) -> Vec<String> {
        vec![self.reason.as_str().to_owned(), self.route.unwrap_or_default().to_owned()]
    }
}

/// The series of exchanges with the same labels.
pub(crate) struct ExchangeSeries {
    pub(crate) duration: Arc<Histogram>,
    /// Of requests that have a body.
    pub(crate) request_size: Arc<Histogram>,
    pub(crate) response_size: Arc<Histogram>,
    /// Of exchanges that the edge refused.
    pub(crate) refusals: Option<Arc<Counter>>,
}

/// The requests that are being answered.
#[derive(Default)]
struct ActiveRequests([[AtomicI64; 2]; MethodLabel::COUNT]);

impl Collect for ActiveRequests {
    fn collect(&self, into: &mut Vec<MetricSnapshot>) {
        let spec = MetricSpec::new(
            MetricKind::Gauge,
            "http.server.active_requests",
            "{request}",
            "Requests that are being answered.",
        );
        let schemes = [Scheme::Http, Scheme::Https];
        let of_method = |(method, counts): (MethodLabel, &[AtomicI64; 2])| {
            let of_scheme = |(scheme, count): (Scheme, &AtomicI64)| {
                let labels = vec![method.as_str().to_owned(), scheme.as_str().to_owned()];
                #[allow(clippy::cast_precision_loss, reason = "the bound on connections is far below 2^53")]
                let count = count.load(Ordering::Relaxed) as f64;
                (labels, count)
            };
            schemes.into_iter().zip(counts).map(of_scheme).collect::<Vec<_>>()
        };
        let points = MethodLabel::ALL.into_iter().zip(&self.0).flat_map(of_method);
        let points = points.filter(|(_, count)| *count != 0.0);
        into.push(MetricSnapshot::numbers(
            spec.labels(&["http.request.method", "url.scheme"]),
            points.collect::<Vec<_>>(),
        ));
    }
}

/// The metrics of the edge.
pub(crate) struct HttpMeters {
    duration: Arc<Family<ExchangeLabels, Histogram>>,
    request_size: Arc<Family<ExchangeLabels, Histogram>>,
    response_size: Arc<Family<ExchangeLabels, Histogram>>,
    refusals: Arc<Family<RefusalLabels, Counter>>,
    active: Arc<ActiveRequests>,
}

static METERS: OnceLock<HttpMeters> = OnceLock::new();

/// The metrics of the edge, which all servers of the process share.
pub(crate) fn meters() -> &'static HttpMeters {
    METERS.get_or_init(HttpMeters::new)
}

impl HttpMeters {
    fn new() -> Self {
        let metrics = &telemetry().metrics;
        let histogram = |name, unit, help, bounds| {
            let spec = MetricSpec::new(MetricKind::Histogram, name, unit, help);
            metrics.family(spec.labels(&EXCHANGE_LABELS).bounds(bounds))
        };
        let refusals = MetricSpec::new(
            MetricKind::Counter,
            "twinloop.http.refusals",
            "{request}",
            "Requests that were refused without a handler.",
        );
        let active = Arc::new(ActiveRequests::default());
        metrics.add(Arc::<ActiveRequests>::clone(&active));
        Self {
            duration: histogram(
                "http.server.request.duration",
                "s",
                "Duration of requests, from the end of the head to the end of the answer.",
                DURATION_SECONDS,
            ),
            request_size: histogram(
                "http.server.request.body.size",
                "By",
                "Size of the bodies of requests that have one.",
                SIZE_BYTES,
            ),
            response_size: histogram(
                "http.server.response.body.size",
                "By",
                "Size of the bodies of answers, as sent.",
                SIZE_BYTES,
            ),
            refusals: metrics.family(refusals.labels(&["reason", "http.route"])),
            active,
        }
    }

    /// The series of exchanges with these labels.
    pub(crate) fn series(&self, labels: ExchangeLabels) -> ExchangeSeries {
        let refused = match labels.error {
            Some(ErrorType::Refused(reason)) => Some(RefusalLabels { reason, route: labels.route }),
            _ => None,
        };
        ExchangeSeries {
            duration: self.duration.get(labels),
            request_size: self.request_size.get(labels),
            response_size: self.response_size.get(labels),
            refusals: refused.map(|labels| self.refusals.get(labels)),
        }
    }

    /// Counts a request that begins, or by -1 one that has ended.
    pub(crate) fn count_active(&self, method: MethodLabel, scheme: Scheme, by: i64) {
        self.active.0[method as usize][usize::from(scheme == Scheme::Https)].fetch_add(by, Ordering::Relaxed);
    }
}
