//! The record of an exchange, from the end of its head to its end.

use std::sync::atomic::{AtomicU8, AtomicU16, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use twinloop_runtime::telemetry::{AccessPolicy, telemetry};

use crate::answer::reason::RefusalReason;
use crate::auth::caller::Caller;
use crate::telemetry::place::Place;
use crate::telemetry::trace::RequestTrace;

/// What is noted of an exchange. The fields are written by the exchange's own task, so relaxed atomics are enough.
#[derive(Default)]
pub(crate) struct ExchangeRecord {
    /// When the head had come; `None` where nobody is told of the exchange.
    began: Option<Instant>,
    /// Where the request was routed to.
    place: OnceLock<&'static Place>,
    /// Who calls, where Rust knows.
    principal: OnceLock<Arc<Caller>>,
    /// The status of the answer; 0 before there is one.
    status: AtomicU16,
    /// The number of the reason for which the edge refused; 0 for none.
    reason: AtomicU8,
}

impl ExchangeRecord {
    /// Begins a record, which is closed where anybody reads: the access log, metrics, or spans.
    pub(crate) fn begin(trace: &RequestTrace) -> Self {
        let settings = &telemetry().settings;
        let began = trace.traced.as_ref().map(|traced| traced.operation.began()).or_else(|| {
            let is_told = settings.reads_metrics() || settings.access() != AccessPolicy::Off;
            is_told.then(Instant::now)
        });
        Self { began, ..Self::default() }
    }

    /// When the head had come; `None` where nobody is told of the exchange.
    pub(crate) fn began(&self) -> Option<Instant> {
        self.began
    }

    /// Notes the endpoint that takes the request.
    pub(crate) fn arrive(&self, place: &'static Place) {
        let _ = self.place.set(place);
    }

    /// The endpoint that takes the request, or the place of requests that none takes.
    pub(crate) fn place(&self) -> &'static Place {
        self.place.get().copied().unwrap_or_else(Place::nowhere)
    }

    /// The path that the endpoint declares; `None` before one takes the request.
    pub(crate) fn route(&self) -> Option<&'static str> {
        self.place.get().and_then(|place| place.route())
    }

    /// Notes who calls.
    pub(crate) fn recognise(&self, caller: &Arc<Caller>) {
        if self.began.is_some() {
            let _ = self.principal.set(Arc::clone(caller));
        }
    }

    /// Who calls, by the `userID` that the auth handler gave.
    pub(crate) fn principal(&self) -> Option<&str> {
        self.principal.get().map(|caller| &*caller.user_id)
    }

    /// Notes why the edge refuses the request.
    pub(crate) fn refuse(&self, reason: RefusalReason) {
        self.reason.store(reason as u8, Ordering::Relaxed);
    }

    /// Why the edge refused the request.
    pub(crate) fn refusal(&self) -> Option<RefusalReason> {
        RefusalReason::of_number(self.reason.load(Ordering::Relaxed))
    }

    /// Notes the status of the answer.
    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    /// The status of the answer; `None` before there is one.
    pub(crate) fn status(&self) -> Option<u16> {
        Some(self.status.load(Ordering::Relaxed)).filter(|&status| status != 0)
    }
}
