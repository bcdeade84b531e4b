//! The answer to a handshake: a refusal, the endpoint's own response, or the upgrade.
//!
//! The isolate is asked before the connection is upgraded, so that whatever it answers instead (an error of the auth handler, of a
//! middleware or of the handler) is an HTTP response with its status.

use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex};

use http::{Extensions, Response, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming as RequestBody;
use hyper::upgrade::OnUpgrade;
use twinloop_mailbox::{Job, Outcome, Stream, Text, feed};
use twinloop_runtime::{Core, Failure, lock};
use twinloop_schema::{Parts, ReadField};

use crate::answer::body::Body;
use crate::answer::instruction::Means;
use crate::answer::refusal::{self, Refusal};
use crate::answer::respond::{respond, sendable};
use crate::auth::admission::Admission;
use crate::auth::verdict::{CallerQuestion, verdict};
use crate::connection::transport::Transport;
use crate::policy::{Policies, Visit};
use crate::request::exchange::HttpExchange;
use crate::request::guarded::admit;
use crate::request::headers::Headers;
use crate::request::job::outcome;
use crate::routing::endpoint::Endpoint;
use crate::routing::route::Captures;
use crate::server::Server;
use crate::telemetry::ending::ExchangeEnding;
use crate::telemetry::trace::Mark;
use crate::websocket::assembler::Assembler;
use crate::websocket::endpoint::StreamEndpoint;
use crate::websocket::handshake::AgreedHandshake;
use crate::websocket::incoming::Incoming;
use crate::websocket::origin;
use crate::websocket::outgoing::OutgoingFrames;
use crate::websocket::session::Session;

/// A handshake that can be agreed to, and what Rust knows of it without an isolate.
pub(crate) struct Opening {
    handshake: AgreedHandshake,
    /// The validated input of the handler, or the response that refuses it, which only a known caller may see.
    input: Result<Text, Box<Response<Body>>>,
    /// The credentials; `None` where the endpoint asks for none.
    admission: Option<Admission>,
}

/// Reads and validates a handshake; the error is the response that refuses it. Runs no JavaScript.
pub(crate) async fn open(
    exchange: &HttpExchange<'_>,
    (endpoint, stream, visit): (&Endpoint, &StreamEndpoint, Option<&Visit<'_>>),
    captures: &Captures<'_, '_>,
    body: &RequestBody,
) -> Result<Box<Opening>, Box<Response<Body>>> {
    let (context, head) = (&exchange.context, exchange.head());
    let handshake = AgreedHandshake::read(head, stream.compress)?;
    if !body.is_end_stream() {
        return Err(Refusal::BAD_HANDSHAKE.response().into());
    }
    let guard = endpoint.guard.as_deref();
    let is_personal = stream.reads_cookies || guard.is_some();
    let cors = endpoint.policies.as_deref().and_then(Policies::cors);
    if origin::is_refused(&head.headers, context.forwarded_host.as_deref(), cors, is_personal) {
        return Err(Refusal::FOREIGN_ORIGIN.response().into());
    }
    let admission = match guard {
        Some(guard) => Some(admit(exchange, guard, visit, handshake.headers(head)).await?),
        None => None,
    };
    let headers = Headers(handshake.headers(head));
    let parts = Parts { path: captures.pairs(), query: head.uri.query(), headers: &headers };
    let cookies = endpoint
        .sealed
        .as_ref()
        .map(|sealed| sealed.open(&head.headers, &exchange.server.cookie_keys.current()));
    let input = match (read(endpoint, &parts, &cookies.unwrap_or_default()), guard) {
        (Err(refused), None) => return Err(refused),
        (Err(refused), Some(guard)) if !guard.required => return Err(refused),
        (input, _) => input,
    };
    Ok(Box::new(Opening { handshake, input, admission }))
}

/// Reads the input of the handler.
fn read(
    endpoint: &Endpoint,
    parts: &Parts<'_>,
    cookies: &[ReadField<'_>],
) -> Result<Text, Box<Response<Body>>> {
    let Some(shape) = &endpoint.shape else { return Ok(Text::default()) };
    let mut bytes = Vec::new();
    let read = shape.read_with(parts, cookies, b"", &mut bytes);
    let flags = read.map_err(|issues| refusal::invalid_input(&issues, endpoint.invalid_input))?;
    Ok(Text { bytes, ascii: flags.ascii, tagged: flags.tagged, framed: false })
}

/// Concludes a handshake: refuses it, or has an isolate answer it. An error means that the client has closed the connection.
pub(crate) async fn conclude(
    exchange: &HttpExchange<'_>,
    asked: (&Endpoint, &Arc<StreamEndpoint>),
    opened: Result<Box<Opening>, Box<Response<Body>>>,
) -> io::Result<Response<Body>> {
    match opened {
        Ok(opening) => answer(exchange, asked, opening).await,
        Err(refused) => {
            exchange.keep_refused(&refused);
            Ok(*refused)
        }
    }
}

/// Asks an isolate, and upgrades the connection if it begins a stream.
async fn answer(
    exchange: &HttpExchange<'_>,
    (endpoint, stream): (&Endpoint, &Arc<StreamEndpoint>),
    opening: Box<Opening>,
) -> io::Result<Response<Body>> {
    let HttpExchange { server, link, .. } = *exchange;
    let can_upgrade = exchange.head().extensions.get::<OnUpgrade>().is_some();
    let Opening { mut handshake, input, admission } = *opening;
    let context = match handshake.take_headers() {
        Some(headers) => exchange.context.copied(Some(headers)),
        None => Arc::clone(&exchange.context),
    };
    exchange.keep(&context);
    if !can_upgrade {
        return Ok(Refusal::NO_UPGRADE.response());
    }
    if link.is_draining() {
        return Ok(Refusal::NOBODY_SERVES.response());
    }
    let text = match (input, admission, endpoint.guard.as_deref()) {
        (Ok(text), Some(admission), _) => admission.envelope(text),
        (Ok(text), None, _) => text,
        (Err(refused), Some(admission), Some(guard)) => {
            let question = CallerQuestion { endpoint, guard, admission: &admission };
            return Ok(verdict(exchange, question, || context).await?.err().unwrap_or(*refused));
        }
        (Err(refused), ..) => return Ok(*refused),
    };
    let (feed, intake) = feed();
    let job = Job {
        component: server.serving.component(),
        is_counted: true,
        target: endpoint.target,
        text,
        context: Some(context),
        timeout: endpoint.timeout,
        intake: Some(intake),
    };
    exchange.context.trace.mark(Mark::Queued);
    let pending = match server.serving.submit(job) {
        Ok((_, pending)) => pending,
        Err(refused) => return Ok(Refusal::from(refused).response()),
    };
    match outcome(link, pending).await? {
        Outcome::Stream(answer) if answer.status == StatusCode::SWITCHING_PROTOCOLS.as_u16() => {
            let agreement = handshake.agreement;
            let upgrade = PendingUpgrade::of(Upgrade {
                core: server.core,
                endpoint: Arc::clone(stream),
                assembler: Assembler::new(
                    stream.max_message,
                    agreement.is_some(),
                    Arc::clone(&server.bodies),
                ),
                outgoing: OutgoingFrames::new(agreement),
                incoming: Incoming::new(feed),
                answer,
                ending: None,
            });
            let mut response = handshake.response();
            response.extensions_mut().insert(upgrade);
            Ok(response)
        }
        other => Ok(refused(server, endpoint, other).await),
    }
}

/// Makes the response of an isolate that has answered in place of the upgrade.
async fn refused(server: &Server, endpoint: &Endpoint, outcome: Outcome) -> Response<Body> {
    let means = Means { keys: &server.cookie_keys, asked: None };
    let no_stream = |_| Err(Failure::internal("a stream of another kind cannot be sent by a WebSocket"));
    let mut response = sendable(server.core, endpoint, respond(outcome, means, no_stream).await);
    if let Some(guard) = &endpoint.guard {
        guard.challenge(&mut response);
    }
    response
}

/// The upgrade of a connection, in the extensions of the response that agrees to it.
#[derive(Clone)]
pub(crate) struct PendingUpgrade(Arc<Mutex<Option<Box<Upgrade>>>>);

impl PendingUpgrade {
    fn of(upgrade: Upgrade) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(upgrade)))))
    }

    /// Takes the upgrade out of the extensions of a response.
    pub(crate) fn take(extensions: &mut Extensions) -> Option<Box<Upgrade>> {
        let Self(pending) = extensions.remove()?;
        lock(&pending).take()
    }

    /// Ends an exchange with the WebSocket that its connection goes on as; one that never begins ends it too.
    pub(crate) fn end_with(ending: Option<ExchangeEnding>, extensions: &Extensions) {
        let Some(ending) = ending else { return };
        ending.upgraded();
        if let Some(Self(pending)) = extensions.get()
            && let Some(upgrade) = lock(pending).as_mut()
        {
            upgrade.ending = Some(ending);
        }
    }
}

/// What a connection goes on with as a WebSocket, once Hyper has sent the response.
pub(crate) struct Upgrade {
    core: &'static Core,
    endpoint: Arc<StreamEndpoint>,
    assembler: Assembler,
    outgoing: OutgoingFrames,
    incoming: Incoming,
    answer: Stream,
    /// The end of the exchange, which is that of the WebSocket.
    ending: Option<ExchangeEnding>,
}

impl Upgrade {
    /// Runs a connection to its end, with the bytes of it that have been read already.
    pub(crate) async fn run(self, connection: (Transport, Vec<u8>)) {
        let Self { core, endpoint, assembler, outgoing, incoming, answer, ending } = self;
        let mut session = Session::new(connection, endpoint, (assembler, outgoing), (incoming, answer));
        let left = poll_fn(|cx| session.poll(cx)).await;
        if let Some(ending) = ending {
            ending.with_session(session.bytes_out(), session.is_closed());
        }
        if let Some(mut left) = left {
            // The handler still has messages to read, and ends by itself. Nobody takes what it sends.
            core.spawn("closed websocket", async move {
                while let Some(Ok(_)) = poll_fn(|cx| left.poll_piece(cx)).await {}
            });
        }
    }
}
