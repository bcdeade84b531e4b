//! `POST /api/ask`: a question that JavaScript answers.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::value::RawValue;
use twinloop_mailbox::{Context, Gone, Job, Outcome, Pending, Refused, Reply, ReplyForm, Text};
use twinloop_runtime::telemetry::{OperationKind, OperationTrace, TraceContext};
use twinloop_runtime::{Code, Failure};

use crate::admin::answer::{self, AdminAnswer};
use crate::admin::body::AdminBody;
use crate::admin::state::AdminState;

/// The target of questions.
const ASK: u16 = 0;
/// Most bytes of a question.
const MAX_BYTES: usize = 1 << 20;
/// How long a question may take to arrive, and to be answered.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

/// A question, of which only the form is checked here.
#[derive(Deserialize)]
struct Question<'a> {
    #[serde(rename = "tool")]
    _tool: String,
    #[serde(borrow, rename = "input")]
    _input: &'a RawValue,
}

/// What an isolate says of a failure.
#[derive(Deserialize)]
struct ToldFailure {
    code: Option<String>,
    message: Option<String>,
    hint: Option<String>,
}

/// Asks an isolate, and passes on what it answers.
///
/// Errors: `invalid_argument` for a body that is no question, `out_of_range` for one beyond 1 MiB, `unimplemented` where nobody
/// answers, and the failure that the isolate tells.
pub(crate) async fn answer(state: &AdminState, body: Incoming) -> Result<AdminAnswer, Failure> {
    let question = read(body).await?;
    if let Err(error) = serde_json::from_slice::<Question<'_>>(&question) {
        let message = format!("the body is no question, {{\"tool\", \"input\"}}: {error}");
        return Err(Failure::invalid_argument(message));
    }
    let text = String::from_utf8(question.to_vec())
        .map_err(|_| Failure::invalid_argument("the body is not UTF-8"))?;
    let submitted = state.app_side.serving.submit(job(&state.app_side.serving, ASK, text, ANSWERED_WITHIN));
    let (_, pending) = match submitted {
        Ok(submitted) => submitted,
        Err(Refused::Overloaded) => {
            return Err(Failure::resource_exhausted("too many questions are waiting"));
        }
        Err(Refused::Closed) => {
            let failure = Failure::unimplemented("nobody answers questions in this app");
            return Ok(answer::refusal_with(&failure, "install @twinloop/dashboard beside the app"));
        }
    };
    outcome(pending, "application/json").await
}

/// The context of a job of this server: the trace of a question never ends, so that who looks at an app leaves no traces among its own.
struct UnkeptTrace(Option<Arc<OperationTrace>>);

impl Context for UnkeptTrace {
    fn get(&self, _name: &str) -> Option<String> {
        None
    }

    fn all(&self) -> String {
        "{}".to_owned()
    }

    fn operation(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        self.0.clone().map(|operation| operation as Arc<dyn Any + Send + Sync>)
    }
}

/// A job for the isolates that answer.
pub(super) fn job(serving: &twinloop_runtime::Serving, target: u16, text: String, within: Duration) -> Job {
    Job {
        component: serving.component(),
        is_counted: false,
        target,
        text: Text::from(text),
        context: Some(Arc::new(UnkeptTrace(OperationTrace::begin(
            OperationKind::Other,
            TraceContext::root(false),
            None,
            None,
        )))),
        timeout: Some(within),
        intake: None,
    }
}

/// What became of a job, as an answer.
pub(super) async fn outcome(pending: Pending, media_type: &str) -> Result<AdminAnswer, Failure> {
    match pending.await {
        Outcome::Reply(reply) => Ok(replied(reply, media_type)),
        Outcome::Stream(stream) => Ok(answer::bytes(StatusCode::OK, media_type, AdminBody::Pieces(stream))),
        Outcome::Gone(Gone::Overloaded) => Err(Failure::resource_exhausted("too many questions are waiting")),
        Outcome::Gone(Gone::TimedOut) => {
            Err(Failure::new(Code::DeadlineExceeded, "the isolate gave no answer in time"))
        }
        Outcome::Gone(Gone::IsolateGone) => Err(Failure::unavailable("the isolate ended: ask again")),
    }
}

fn replied(reply: Reply, media_type: &str) -> AdminAnswer {
    if reply.form != ReplyForm::Error {
        return answer::bytes(StatusCode::OK, media_type, AdminBody::whole(reply.body));
    }
    let told: Option<ToldFailure> = serde_json::from_slice(&reply.body).ok();
    let Some(ToldFailure { code, message, hint }) = told else {
        return answer::refusal(&Failure::internal("the isolate failed, and told nothing that can be read"));
    };
    let code = code.and_then(|code| serde_code(&code)).unwrap_or(Code::Unknown);
    let failure = Failure::new(code, message.unwrap_or_default());
    match hint {
        Some(hint) => answer::refusal_with(&failure, &hint),
        None => answer::refusal(&failure),
    }
}

fn serde_code(text: &str) -> Option<Code> {
    Code::ALL.iter().find(|code| code.as_str() == text).copied()
}

async fn read(body: Incoming) -> Result<Bytes, Failure> {
    let collected = tokio::time::timeout(ARRIVES_WITHIN, Limited::new(body, MAX_BYTES).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(_)) => Err(Failure::new(Code::OutOfRange, "the body has more than 1 MiB, or broke off")),
        Err(_) => Err(Failure::new(Code::DeadlineExceeded, "the body did not arrive within 10 s")),
    }
}
