//! One request in memory and its answer, from the client's side.

use std::future::{Future, poll_fn};
use std::net::Ipv4Addr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::DuplexStream;
use tokio::sync::{Mutex, watch};
use twinloop_runtime::{Answer, Blobs, Failure, json_text};

use crate::connection::accept;
use crate::connection::entry::{Accepted, MemoryConnection};
use crate::connection::remote::{RemoteAddress, Scheme};
use crate::in_memory::grant::Grant;
use crate::in_memory::stream::{Reset, connection};
use crate::server::Server;

/// The largest body that is handed over together with the head of its answer.
const WHOLE_BYTES: u64 = 256 << 10;

/// An exchange that an isolate has begun.
pub(crate) struct MemoryExchange {
    cut: watch::Sender<bool>,
    answer: Mutex<Option<OpenAnswer>>,
    is_open: AtomicBool,
}

/// An answer whose body is still to be read.
struct OpenAnswer {
    client: Client,
    body: Incoming,
}

/// The client of a connection in memory, which makes progress while somebody waits for something of it.
struct Client {
    connection: Option<Connection<TokioIo<DuplexStream>, Full<Bytes>>>,
    reset: Reset,
    is_done: bool,
}

impl MemoryExchange {
    /// An exchange that has not begun.
    pub(crate) fn new() -> Self {
        Self { cut: watch::Sender::new(false), answer: Mutex::default(), is_open: AtomicBool::new(false) }
    }

    /// Whether the answer is still to be read in pieces.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// Ends the exchange: its client has left.
    pub(crate) fn cut(&self) {
        self.cut.send_replace(true);
        // An answer that is just being read ends by the signal.
        if let Ok(mut answer) = self.answer.try_lock() {
            *answer = None;
        }
    }

    /// Sends a request and waits for the head of its answer: `{"status","headers","body","isOpen"}`, where `body` is the number of the
    /// whole body's bytes (0 for none), unless it is to be read in pieces.
    ///
    /// Errors: `unavailable` where the server is stopping, or closes the connection without an answer; `canceled` for a cut.
    pub(crate) async fn send(
        &self,
        server: &Arc<Server>,
        (request, grant, is_https): (Request<Full<Bytes>>, Option<Grant>, bool),
        blobs: &Blobs,
    ) -> Answer {
        let (stream, client) = connection();
        let remote = RemoteAddress::tcp(Ipv4Addr::LOCALHOST.into(), 0);
        let scheme = if is_https { Scheme::Https } else { Scheme::Http };
        let accepted = MemoryConnection { stream, remote, scheme, grant: grant.map(Box::new) };
        let permit = Arc::clone(&server.room).acquire_owned().await.map_err(|_| stopping())?;
        if server.is_stopping() {
            return Err(stopping());
        }
        accept::admit(server, Accepted::Memory(Box::new(accepted)), permit);
        let reset = client.reset();
        let shaken = Builder::new().handshake(TokioIo::new(client.stream)).await;
        let (mut sender, connection) = shaken.map_err(|error| unanswered(&error))?;
        let mut client = Client { connection: Some(connection), reset, is_done: false };
        let response = self.within(client.drive(sender.send_request(request))).await?;
        let (head, body) = response.map_err(|error| unanswered(&error))?.into_parts();
        let mut open = OpenAnswer { client, body };
        let is_short = open.body.size_hint().exact().is_some_and(|length| length <= WHOLE_BYTES);
        let mut whole = 0;
        if is_short {
            let bytes = self.within(open.rest()).await.flatten()?;
            whole = if bytes.is_empty() { 0 } else { blobs.put(bytes) };
        }
        let told = describe(&Response::from_parts(head, ()), whole, !is_short);
        if !is_short {
            *self.answer.lock().await = Some(open);
            self.is_open.store(true, Ordering::Relaxed);
        }
        json_text(&told)
    }

    /// The number of the bytes of the next piece of the answer; 0 at its end.
    ///
    /// Errors: `unavailable` where the answer breaks off, `canceled` for a cut.
    pub(crate) async fn read(&self, blobs: &Blobs) -> Answer {
        let mut answer = self.answer.lock().await;
        let Some(open) = answer.as_mut() else { return json_text(&0) };
        let piece = match self.within(open.piece()).await.flatten() {
            Ok(Some(piece)) => return json_text(&blobs.put(piece)),
            Ok(None) => {
                open.client.is_done = true;
                Ok(0)
            }
            Err(failure) => Err(failure),
        };
        *answer = None;
        self.is_open.store(false, Ordering::Relaxed);
        json_text(&piece?)
    }

    /// Awaits something of the exchange, unless the exchange is cut.
    async fn within<F: Future>(&self, future: F) -> Result<F::Output, Failure> {
        let mut cut = self.cut.subscribe();
        tokio::select! {
            biased;
            // The sender lives as long as the exchange, so waiting cannot fail.
            _ = cut.wait_for(|cut| *cut) => Err(Failure::canceled("the request was aborted")),
            output = future => Ok(output),
        }
    }
}

impl OpenAnswer {
    /// The next bytes of the body; `None` at its end.
    async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            match self.client.drive(self.body.frame()).await {
                None => return Ok(None),
                Some(Err(error)) => return Err(broken(&error)),
                Some(Ok(frame)) => {
                    // Trailers are no part of the body.
                    if let Ok(bytes) = frame.into_data()
                        && !bytes.is_empty()
                    {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }

    /// All bytes of the body.
    async fn rest(&mut self) -> Result<Bytes, Failure> {
        let mut all = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            all.extend_from_slice(&piece);
        }
        self.client.is_done = true;
        Ok(all.freeze())
    }
}

impl Client {
    /// Awaits something that the connection has to bring.
    async fn drive<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(output);
            }
            let Some(connection) = &mut self.connection else { return Poll::Pending };
            if Pin::new(connection).poll(cx).is_ready() {
                self.connection = None;
            }
            future.as_mut().poll(cx)
        })
        .await
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if !self.is_done {
            self.reset.mark();
        }
    }
}

/// The head of an answer as the isolate reads it.
fn describe(response: &Response<()>, body: u32, is_open: bool) -> serde_json::Value {
    let headers: Vec<(&str, String)> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    json!({ "status": response.status().as_u16(), "headers": headers, "body": body, "isOpen": is_open })
}

fn stopping() -> Failure {
    Failure::unavailable("the app is stopping: it takes no more requests")
}

fn unanswered(error: &hyper::Error) -> Failure {
    Failure::unavailable(format!("the connection was closed without an answer: {error}"))
}

fn broken(error: &hyper::Error) -> Failure {
    Failure::unavailable(format!("the answer broke off: {error}"))
}
