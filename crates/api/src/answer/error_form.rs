//! The form of error answers: the default one, RFC 9457, or whatever a function of the app makes of them.
//!
//! Whatever answers with an error makes the default form and marks it, as [`Body::Refused`]. On the way back the mark is
//! found, and the answer takes the form that the app or the endpoint asked for. An answer in the default form costs nothing.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use serde_json::{Value, json};
use twinloop_mailbox::{Context, Job, Outcome, ReplyForm, Text};
use twinloop_runtime::Level;

use crate::answer::body::Body;
use crate::answer::form::ErrorForm;
use crate::answer::instruction::Means;
use crate::answer::problem;
use crate::answer::respond::from_reply;
use crate::request::id::RequestId;
use crate::server::Server;

/// How long a function of the app may take to shape an error; the default form is sent after it.
const PATIENCE: Duration = Duration::from_secs(1);

/// A request that was refused, as a function of the app sees it; `None` where there was none.
pub(crate) type Asked = Option<Arc<dyn Context>>;

/// Gives an error answer the form that its endpoint, or else the app, asked for. Any other answer stays as it is.
pub(crate) async fn shape(
    server: &Server,
    asked: Asked,
    id: RequestId,
    mut response: Response<Body>,
) -> Response<Body> {
    let Some((body, preferred)) = response.body_mut().take_refused() else { return response };
    let shaped = match preferred.unwrap_or(server.errors.of_app) {
        ErrorForm::Twinloop => None,
        ErrorForm::Problem => problem::render(response.status(), &body, id.as_str())
            .map(|problem| as_problem(&response, problem)),
        ErrorForm::Function { target } => ask(server, target, asked, id, &response, &body).await,
    };
    let Some(mut shaped) = shaped else {
        *response.body_mut() = Body::new(body);
        return response;
    };
    keep_headers(&response, &mut shaped);
    shaped
}

fn as_problem(refused: &Response<Body>, problem: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::new(Bytes::from(problem)));
    *response.status_mut() = refused.status();
    let media_type = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// Copies the headers of the refusal that its other form has not set, but for those that describe the former body.
fn keep_headers(refused: &Response<Body>, shaped: &mut Response<Body>) {
    let headers = shaped.headers_mut();
    let new = headers.clone();
    for (name, value) in refused.headers() {
        if name != CONTENT_TYPE && name != CONTENT_LENGTH && !new.contains_key(name) {
            headers.append(name, value.clone());
        }
    }
}

/// Lets a function of the app shape the error; `None` where it failed, or gave no answer in time.
async fn ask(
    server: &Server,
    target: u16,
    asked: Asked,
    id: RequestId,
    refused: &Response<Body>,
    body: &[u8],
) -> Option<Response<Body>> {
    let mut told: Value = serde_json::from_slice(body).ok()?;
    told["status"] = refused.status().as_u16().into();
    told["requestId"] = id.as_str().into();
    let job = Job {
        component: server.serving.component(),
        is_counted: true,
        target,
        text: Text { bytes: told.to_string().into_bytes(), ascii: false, tagged: false, framed: false },
        context: asked,
        timeout: Some(PATIENCE),
        intake: None,
    };
    let (_isolate, pending) = server.serving.submit(job).ok()?;
    match pending.await {
        Outcome::Reply(reply) if reply.form != ReplyForm::Error => {
            let sent = from_reply(reply, Means { keys: &server.cookie_keys, asked: None }).await;
            sent.map_err(|failure| {
                let fields = json!({ "request": id.as_str(), "error": failure.message });
                let message = "failed to send an error in the app's form: it is no valid response";
                server.core.log(Level::Error, message, &fields);
            })
            .ok()
        }
        _ => None,
    }
}
