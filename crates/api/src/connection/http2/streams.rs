//! The streams of a connection: each request is a task of its own, timed and cut by itself.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::rt::Executor;

use twinloop_runtime::lock;

use crate::connection::http2::body::StreamBody;
use crate::connection::http2::heads;
use crate::connection::link::Link;
use crate::request::life;
use crate::server::Server;

/// The open streams of one connection, and Hyper's executor for them.
#[derive(Clone)]
pub(crate) struct Streams(Arc<Shared>);

struct Shared {
    server: Arc<Server>,
    connection: Arc<Link>,
    open: AtomicUsize,
    /// The link of the stream that Hyper has begun and not yet given to the executor; it does both in one go.
    begun: Mutex<Option<Arc<Link>>>,
}

/// An open stream; the last one that ends leaves its connection idle.
struct OpenStream(Arc<Shared>);

impl Streams {
    pub(crate) fn new(server: Arc<Server>, connection: Arc<Link>) -> Self {
        Self(Arc::new(Shared { server, connection, open: AtomicUsize::new(0), begun: Mutex::default() }))
    }

    /// Whether no request is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.open.load(Ordering::Relaxed) == 0
    }

    /// Answers one request.
    pub(crate) fn answer(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = io::Result<Response<StreamBody>>> + Send + 'static {
        let link = Arc::new(Link::of_stream(&self.0.connection));
        *self.0.begun() = Some(Arc::clone(&link));
        let server = Arc::clone(&self.0.server);
        async move {
            let answer = match heads::check(&request, &server.limits) {
                Ok(()) => life::answer(&server, &link, request).await?,
                Err(violation) => heads::refusal(&server, &link, violation, request).await,
            };
            Ok(answer.map(|body| StreamBody::new(body, link)))
        }
    }
}

impl Shared {
    fn begun(&self) -> std::sync::MutexGuard<'_, Option<Arc<Link>>> {
        lock(&self.begun)
    }
}

impl OpenStream {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.open.fetch_add(1, Ordering::Relaxed);
        shared.connection.begins();
        Self(Arc::clone(shared))
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        if self.0.open.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.connection.waits_for_head(false);
        }
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let begun = self.0.begun().take();
        let Some(link) = begun else { return };
        let open = OpenStream::new(&self.0);
        self.0.server.core.spawn("stream", async move {
            let server = &open.0.server;
            let link = server.connections.enter(link);
            if server.is_stopping() {
                link.drain();
            }
            let mut stream = pin!(stream);
            poll_fn(|cx| {
                link.attend(cx);
                // Dropping the stream resets it.
                if link.is_cut() { Poll::Ready(()) } else { stream.as_mut().poll(cx) }
            })
            .await;
        });
    }
}
