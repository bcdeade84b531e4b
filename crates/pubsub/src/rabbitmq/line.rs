//! A connection, and what replaces it when it is gone.
//!
//! The client's own recovery is not used: it brings back connections, but neither channels that were closed for an error nor
//! leases, and what was on its way would have to be guessed. Here a line that is down stays down, all that was under way over it
//! fails, and whoever needs one next makes the next.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lapin::tcp::{AsyncTcpStream, TLSConfig};
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Channel, Connection, ConnectionProperties};
use socket2::{SockRef, Socket};
use tokio::time::timeout;

use super::address::Address;
use super::fault;
use crate::error::Error;

/// From the first packet to an open connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// Those who waited while a try failed are told its outcome, rather than each trying for as long again.
const FAILURE_HOLDS: Duration = Duration::from_millis(100);

/// One connection.
pub(super) struct Line {
    connection: Connection,
    socket: Arc<Mutex<Option<Socket>>>,
    /// Grows from line to line.
    pub(super) number: u64,
}

impl Line {
    async fn connect(address: &Address) -> Result<Self, Error> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let socket = Arc::<Mutex<Option<Socket>>>::default();
        let properties = ConnectionProperties::default().with_connection_name("twinloop".into());
        let runtime =
            lapin::runtime::default_runtime().map_err(|error| fault::not_connected(address, &error))?;
        let seen = Arc::clone(&socket);
        let connecting = Connection::connector(
            address.uri().clone(),
            runtime,
            async move |uri: AMQPUri, runtime| {
                let authority = uri.authority.clone();
                let addresses = tokio::net::lookup_host((authority.host.as_str(), authority.port)).await?;
                let stream = AsyncTcpStream::connect(&runtime, addresses.collect::<Vec<_>>()).await?;
                if let AsyncTcpStream::Plain(plain) = &stream {
                    *lock(&seen) = SockRef::from(plain.get_ref()).try_clone().ok();
                }
                Ok(match uri.scheme {
                    AMQPScheme::AMQP => stream,
                    AMQPScheme::AMQPS => stream.into_tls(&authority.host, TLSConfig::default()).await?,
                })
            },
            properties,
        );
        match timeout(CONNECT_WITHIN, connecting).await {
            Ok(Ok(connection)) => {
                let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
                Ok(Self { connection, socket, number })
            }
            Ok(Err(error)) => Err(fault::not_connected(address, &error)),
            Err(_) => {
                // The client's thread would wait for its answer for ever.
                cut(&socket);
                let seconds = CONNECT_WITHIN.as_secs();
                Err(Error::unavailable(format!(
                    "{address} does not answer: a connection was not open after {seconds} s"
                )))
            }
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.connection.status().connected()
    }

    /// The broker takes no publishes for now.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    pub(super) async fn channel(&self) -> Result<Channel, lapin::Error> {
        self.connection.create_channel().await
    }

    async fn close(&self) {
        // Whether the broker says goodbye is of no interest.
        let _ = timeout(CLOSE_WITHIN, self.connection.close(200, "closed".into())).await;
        cut(&self.socket);
    }
}

fn cut(socket: &Mutex<Option<Socket>>) {
    if let Some(socket) = lock(socket).take() {
        // One that is closed already is as good.
        let _ = socket.shutdown(std::net::Shutdown::Both);
    }
}

/// A line that is made anew when it is needed and not there.
pub(super) struct Link {
    pub(super) address: Address,
    current: tokio::sync::Mutex<Current>,
    closed: AtomicBool,
}

#[derive(Default)]
struct Current {
    line: Option<Arc<Line>>,
    failed: Option<(Instant, Error)>,
}

impl Link {
    pub(super) fn new(address: Address) -> Self {
        Self { address, current: tokio::sync::Mutex::default(), closed: AtomicBool::new(false) }
    }

    /// The line, connecting if need be.
    ///
    /// Errors: `unavailable`, `failed_precondition` for a broker that does not let us in.
    pub(super) async fn line(&self) -> Result<Arc<Line>, Error> {
        let mut current = self.current.lock().await;
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::precondition("the broker is closed: the app has stopped"));
        }
        if let Some(line) = current.line.as_ref().filter(|line| line.is_up()) {
            return Ok(Arc::clone(line));
        }
        current.line = None;
        if let Some((at, error)) = &current.failed
            && at.elapsed() < FAILURE_HOLDS
        {
            return Err(error.clone());
        }
        match Line::connect(&self.address).await {
            Ok(line) => {
                let line = Arc::new(line);
                *current = Current { line: Some(Arc::clone(&line)), failed: None };
                Ok(line)
            }
            Err(error) => {
                current.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// The broker is known to take no publishes for now.
    pub(super) fn is_blocked(&self) -> bool {
        let current = self.current.try_lock();
        current.is_ok_and(|current| current.line.as_ref().is_some_and(|line| line.is_blocked()))
    }

    /// The line does not do what it should: the next who needs one makes another. What is under way over it goes on.
    pub(super) async fn retire(&self, line: &Arc<Line>) {
        let mut current = self.current.lock().await;
        current.line.take_if(|current| Arc::ptr_eq(current, line));
    }

    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let line = self.current.lock().await.line.take();
        if let Some(line) = line {
            line.close().await;
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
