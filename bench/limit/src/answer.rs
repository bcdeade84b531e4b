//! Routes a request by hand and answers it.

use std::cell::Cell;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use bytes::Bytes;
use deadpool_postgres::Pool;
use http::header::{ALLOW, CONTENT_TYPE, HeaderMap};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde::Serialize;

use crate::bodies::{self, Worked};
use crate::items::{Items, Sum};
use crate::messages::{self, Broker};
use crate::rows;
use crate::schema_request::{Body, Invalid, Query};

/// Bodies above this are refused with 413, as a good server does.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// What the handler of the timer workload waits for.
const TIMER: Duration = Duration::from_millis(5);
/// For how long that of the burn workload keeps the processor busy.
const BURN: Duration = Duration::from_micros(50);

/// What the requests share.
pub(crate) struct App {
    handled: Handled,
    /// None without `DATABASE_URL`: there are then no rows.
    pool: Option<Pool>,
    /// None without `AMQP_URL`: there are then no messages.
    broker: Option<Broker>,
}

/// How often the handler of the schema workload ran: it must not move when a request is refused.
#[derive(Default, Serialize)]
struct Handled {
    handled: Cell<u64>,
}

impl App {
    pub(crate) fn new(pool: Option<Pool>, broker: Option<Broker>) -> Self {
        Self { handled: Handled::default(), pool, broker }
    }
}

#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

#[derive(Serialize)]
struct Refusal<'a> {
    code: &'a str,
    message: &'a str,
}

/// Answers one request.
///
/// Shape:  `GET /hello`, `POST /schema`, `GET /rows?after=N`, `POST /publish` and the rest of the workloads; `GET /handled` and `GET /queued` count.
/// Errors: 400 for what does not fit the schema, 404, 405, 413, 500.
pub(crate) async fn answer(
    request: Request<Incoming>,
    app: &App,
) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match (request.uri().path(), request.method()) {
        ("/hello", &Method::GET) => json(StatusCode::OK, &Message { message: "Hello, World!" }),
        ("/schema", &Method::POST) => schema(request, &app.handled).await,
        ("/rows", &Method::GET) => select_rows(request.uri().query(), app.pool.as_ref()).await,
        ("/items", &Method::POST) => sum(request).await,
        ("/strings", &Method::POST) => worked(request, bodies::strings).await,
        ("/matrix", &Method::POST) => worked(request, bodies::matrix).await,
        ("/tree", &Method::POST) => worked(request, bodies::tree).await,
        ("/publish", &Method::POST) => publish(request, app.broker.as_ref()).await,
        ("/queued", &Method::GET) => count_queued(app.broker.as_ref()).await,
        ("/timer", &Method::GET) => {
            tokio::time::sleep(TIMER).await;
            json_text(StatusCode::OK, br#"{"waitedMs":5}"#.to_vec())
        }
        ("/burn", &Method::GET) => {
            let end = Instant::now() + BURN;
            while Instant::now() < end {}
            json_text(StatusCode::OK, br#"{"burntMicros":50}"#.to_vec())
        }
        ("/handled", &Method::GET) => json(StatusCode::OK, &app.handled),
        ("/hello" | "/handled" | "/rows", _) => method_not_allowed("GET"),
        ("/schema", _) => method_not_allowed("POST"),
        _ => refusal(StatusCode::NOT_FOUND, "not_found", "no such endpoint"),
    })
}

async fn worked(
    request: Request<Incoming>,
    work: fn(&[u8]) -> serde_json::Result<Worked>,
) -> Response<Full<Bytes>> {
    let Ok(body) = Limited::new(request.into_body(), MAX_BODY_BYTES).collect().await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "invalid_argument", "the body is too large");
    };
    match work(&body.to_bytes()) {
        Ok(answer) => json(StatusCode::OK, &answer),
        Err(error) => refusal(StatusCode::BAD_REQUEST, "invalid_argument", &error.to_string()),
    }
}

async fn sum(request: Request<Incoming>) -> Response<Full<Bytes>> {
    let Ok(body) = Limited::new(request.into_body(), MAX_BODY_BYTES).collect().await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "invalid_argument", "the body is too large");
    };
    let body = body.to_bytes();
    match serde_json::from_slice::<Items<'_>>(&body) {
        Ok(Items { items }) => {
            let total = items.iter().map(|item| item.price).sum();
            json(StatusCode::OK, &Sum { count: items.len(), total, last: items.last() })
        }
        Err(error) => refusal(StatusCode::BAD_REQUEST, "invalid_argument", &error.to_string()),
    }
}

async fn publish(request: Request<Incoming>, broker: Option<&Broker>) -> Response<Full<Bytes>> {
    let Some(broker) = broker else { return no_broker() };
    let Ok(body) = Limited::new(request.into_body(), MAX_BODY_BYTES).collect().await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "invalid_argument", "the body is too large");
    };
    let body = body.to_bytes();
    let message = match serde_json::from_slice::<messages::Message<'_>>(&body) {
        Ok(message) => message,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, "invalid_argument", &error.to_string()),
    };
    match broker.publish(&message).await {
        Ok(()) => json_text(StatusCode::OK, br#"{"published":true}"#.to_vec()),
        Err(message) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", &message),
    }
}

async fn count_queued(broker: Option<&Broker>) -> Response<Full<Bytes>> {
    let Some(broker) = broker else { return no_broker() };
    match broker.queued().await {
        Ok(queued) => json_text(StatusCode::OK, format!(r#"{{"queued":{queued}}}"#).into_bytes()),
        Err(message) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", &message),
    }
}

fn no_broker() -> Response<Full<Bytes>> {
    refusal(StatusCode::NOT_FOUND, "not_found", "there are no messages: AMQP_URL is not set")
}

async fn select_rows(query: Option<&str>, pool: Option<&Pool>) -> Response<Full<Bytes>> {
    let Some(pool) = pool else {
        return refusal(StatusCode::NOT_FOUND, "not_found", "there are no rows: DATABASE_URL is not set");
    };
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let after = pairs.find(|(name, _)| name == "after").and_then(|(_, value)| value.parse().ok());
    let Some(after) = after else {
        return refusal(StatusCode::BAD_REQUEST, "invalid_argument", "query.after: not an integer");
    };
    match rows::select(pool, after).await {
        Ok(text) => json_text(StatusCode::OK, text),
        Err(message) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", &message),
    }
}

async fn schema(request: Request<Incoming>, handled: &Handled) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY_BYTES).collect().await else {
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid_argument",
            "the body is too large or was cut off",
        );
    };
    match greeting(head.uri.query(), &head.headers, &body.to_bytes()) {
        Ok(message) => {
            handled.handled.set(handled.handled.get() + 1);
            json(StatusCode::OK, &Message { message: &message })
        }
        Err(invalid) => refusal(StatusCode::BAD_REQUEST, "invalid_argument", &invalid.0),
    }
}

fn greeting(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Result<String, Invalid> {
    let query = Query::read(query.unwrap_or_default())?;
    let label = headers.get("x-foo").ok_or_else(|| Invalid("header.x-foo: missing".to_owned()))?;
    label.to_str().map_err(|_| Invalid("header.x-foo: not text".to_owned()))?;
    Body::check(body)?;
    Ok(format!("Hello {}! {}", query.name.as_deref().unwrap_or("World"), query.excitement.unwrap_or(0.0)))
}

fn method_not_allowed(allow: &'static str) -> Response<Full<Bytes>> {
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, "unimplemented", "no such method here");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    response
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response<Full<Bytes>> {
    json(status, &Refusal { code, message })
}

fn json(status: StatusCode, value: &impl Serialize) -> Response<Full<Bytes>> {
    // Plain strings and numbers always serialise; an empty body would fail the harness's own check.
    json_text(status, serde_json::to_vec(value).unwrap_or_default())
}

fn json_text(status: StatusCode, text: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
