//! The app's own readiness checks, run by an isolate on demand.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Mutex;
use twinloop_mailbox::{Gone, Job, Outcome, Refused, Text};
use twinloop_runtime::Serving;

use crate::config::ChecksConfig;

/// How long a result is cached, so that a flood of probes costs the isolate one run.
const FRESH: Duration = Duration::from_secs(1);

/// The job that runs the checks, and its time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CheckCall {
    target: u16,
    timeout: Duration,
}

impl From<&ChecksConfig> for CheckCall {
    fn from(config: &ChecksConfig) -> Self {
        Self { target: config.target, timeout: Duration::from_millis(config.timeout_ms) }
    }
}

/// The cached result of the last run.
#[derive(Default)]
pub(crate) struct Checks(Mutex<Option<(Instant, Vec<Value>)>>);

impl Checks {
    /// The failing checks, as `{"name","reason"}` each: from the cache (1 s), or from one run that all current callers await.
    pub(crate) async fn failed(&self, serving: &Serving, ask: CheckCall) -> Vec<Value> {
        let mut last = self.0.lock().await;
        if let Some((at, failed)) = &*last
            && at.elapsed() < FRESH
        {
            return failed.clone();
        }
        let failed = run(serving, ask).await.unwrap_or_else(|reason| {
            // The isolate gave no answer, so no single check is named.
            vec![json!({ "name": "health.checks", "reason": reason })]
        });
        *last = Some((Instant::now(), failed.clone()));
        failed
    }
}

async fn run(
    serving: &Serving,
    CheckCall { target, timeout }: CheckCall,
) -> Result<Vec<Value>, &'static str> {
    let text = Text { bytes: Vec::new(), ascii: true, tagged: false, framed: false };
    let job = Job {
        component: serving.component(),
        is_counted: true,
        target,
        text,
        context: None,
        timeout: Some(timeout),
        intake: None,
    };
    let (_isolate, pending) = serving.submit(job).map_err(|refused| match refused {
        Refused::Overloaded => "too many requests are waiting",
        Refused::Closed => "nothing serves requests",
    })?;
    match pending.await {
        Outcome::Reply(reply) => serde_json::from_slice(&reply.body).map_err(|_| "the answer is no list"),
        Outcome::Gone(Gone::TimedOut) => Err("no answer in time"),
        Outcome::Gone(Gone::Overloaded) => Err("too many requests are waiting"),
        Outcome::Gone(Gone::IsolateGone) | Outcome::Stream(_) => Err("the isolate ended"),
    }
}
