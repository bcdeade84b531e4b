//! A connection to the broker, and the link that replaces it after it was lost.
//!
//! The client's own recovery is not used: it restores connections, but neither channels that were closed by an error nor
//! leases, and the state of messages under way would have to be guessed. Here a lost line stays down, everything under way
//! over it fails, and the next caller opens a new line.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lapin::tcp::AsyncTcpStream;
use lapin::uri::{AMQPAuthority, AMQPScheme, AMQPUri};
use lapin::{Channel, Connection, ConnectionProperties};
use socket2::{SockRef, Socket, TcpKeepalive};
use tokio::time::timeout;
use twinloop_runtime::{Failure, lock};

use crate::provider::rabbitmq::address::{Address, Node};
use crate::provider::rabbitmq::envelope::LEAST_FRAME_BYTES;
use crate::provider::rabbitmq::fault;

/// Time limit from the first packet to an open connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Time for which a peer may leave packets unanswered.
const PEER_WITHIN: Duration = Duration::from_secs(12);
/// Time limit of a connection's close.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// Time for which a failed try counts for callers that waited meanwhile, so that not each of them tries for as long again.
const FAILURE_HOLDS: Duration = Duration::from_millis(100);

/// One connection to the broker.
pub(super) struct Line {
    connection: Connection,
    socket: Arc<Mutex<Option<Socket>>>,
    /// The number of the line, which grows with each new one.
    pub(super) number: u64,
    /// How many channels were opened.
    opened: AtomicU32,
}

impl Line {
    /// Connects to the first node that answers.
    ///
    /// Errors: that of the last node; one that refuses is not passed over, as the others of a cluster would refuse too.
    async fn connect(address: &Address) -> Result<Self, Failure> {
        let mut failed = None;
        for (place, node) in address.nodes() {
            match Self::connect_to(address, node).await {
                Ok(line) => {
                    address.prefer(place);
                    return Ok(line);
                }
                Err(error) if !error.is_outage() => return Err(error),
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.unwrap_or_else(|| Failure::internal("the URL of the broker has no host")))
    }

    async fn connect_to(address: &Address, node: &Node) -> Result<Self, Failure> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let socket = Arc::<Mutex<Option<Socket>>>::default();
        let properties = ConnectionProperties::default().with_connection_name("twinloop".into());
        let runtime =
            lapin::runtime::default_runtime().map_err(|error| fault::not_connected(address, &error))?;
        let (seen, tls) = (Arc::clone(&socket), address.tls.clone());
        let connecting = Connection::connector(
            address.uri_of(node),
            runtime,
            async move |uri: AMQPUri, runtime| {
                let AMQPAuthority { host, port, .. } = &uri.authority;
                let addresses = tokio::net::lookup_host((host.as_str(), *port)).await?;
                let stream = AsyncTcpStream::connect(&runtime, addresses.collect::<Vec<_>>()).await?;
                if let AsyncTcpStream::Plain(plain) = &stream {
                    give_up_early(&SockRef::from(plain.get_ref()));
                    *lock(&seen) = SockRef::from(plain.get_ref()).try_clone().ok();
                }
                if uri.scheme == AMQPScheme::AMQP {
                    return Ok(stream);
                }
                let files = tls.read().map_err(std::io::Error::other)?;
                Ok(stream.into_tls(tls.name(host), files.as_ref()).await?)
            },
            properties,
        );
        match timeout(CONNECT_WITHIN, connecting).await {
            Ok(Ok(connection)) => {
                let frame_max = connection.configuration().frame_max();
                if frame_max < LEAST_FRAME_BYTES {
                    cut(&socket);
                    return Err(fault::small_frames(address, frame_max));
                }
                let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
                Ok(Self { connection, socket, number, opened: AtomicU32::new(0) })
            }
            Ok(Err(error)) => Err(fault::not_connected(address, &error)),
            Err(_) => {
                // The client's thread would otherwise wait for an answer for ever.
                cut(&socket);
                let seconds = CONNECT_WITHIN.as_secs();
                Err(Failure::unavailable(format!(
                    "{address} does not answer: a connection was not open after {seconds} s"
                )))
            }
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.connection.status().connected()
    }

    /// Returns whether the broker blocks publishers (`connection.blocked`).
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// Opens a channel.
    pub(super) async fn channel(&self) -> Result<Channel, lapin::Error> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        self.connection.create_channel().await
    }

    /// Returns whether the line is to be replaced before its channel numbers run out.
    ///
    /// The client never uses the number of a channel again that the broker has closed, as it does for a queue that is missing: an
    /// opening with that number is answered with the old error, and in the end no channel can be opened. The numbers are used in
    /// turn, so that the second half of them is enough for what is under way.
    fn is_worn(&self) -> bool {
        let most = self.connection.configuration().channel_max();
        // A broker without a limit says 0 (AMQP 0-9-1, `connection.tune`).
        let most = u32::from(if most == 0 { u16::MAX } else { most });
        self.opened.load(Ordering::Relaxed) > most / 2
    }

    async fn close(&self) {
        // Whether the broker confirms the close does not matter.
        let _ = timeout(CLOSE_WITHIN, self.connection.close(200, "closed".into())).await;
        cut(&self.socket);
    }
}

/// Lets the socket detect a peer that vanished, so that a write does not wait for the system's limit of a quarter of an
/// hour. Where the system has no such option, only heartbeats detect it.
fn give_up_early(socket: &SockRef<'_>) {
    let keepalive =
        TcpKeepalive::new().with_time(PEER_WITHIN / 2).with_interval(PEER_WITHIN / 6).with_retries(3);
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(PEER_WITHIN));
}

fn cut(socket: &Mutex<Option<Socket>>) {
    if let Some(socket) = lock(socket).take() {
        // Shutting down a closed socket fails, which does not matter.
        let _ = socket.shutdown(std::net::Shutdown::Both);
    }
}

/// A line that is opened again when it is needed and lost.
pub(super) struct Link {
    /// Where the broker is, with the user and the virtual host.
    pub(super) address: Address,
    current: tokio::sync::Mutex<Current>,
    closed: AtomicBool,
}

#[derive(Default)]
struct Current {
    line: Option<Arc<Line>>,
    failed: Option<(Instant, Failure)>,
}

impl Link {
    pub(super) fn new(address: Address) -> Self {
        Self { address, current: tokio::sync::Mutex::default(), closed: AtomicBool::new(false) }
    }

    /// Returns the line, and connects if need be.
    ///
    /// Errors: `unavailable`; `failed_precondition` for a broker that refuses the user or the virtual host.
    pub(super) async fn line(&self) -> Result<Arc<Line>, Failure> {
        let mut current = self.current.lock().await;
        if self.closed.load(Ordering::Acquire) {
            return Err(Failure::failed_precondition("the broker is closed: the app has stopped"));
        }
        if let Some(line) = current.line.as_ref().filter(|line| line.is_up() && !line.is_worn()) {
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

    /// Returns whether the broker is known to block publishers.
    pub(super) fn is_blocked(&self) -> bool {
        let current = self.current.try_lock();
        current.is_ok_and(|current| current.line.as_ref().is_some_and(|line| line.is_blocked()))
    }

    /// Replaces a line that does not work as it should: the next caller opens another. Operations under way over it
    /// continue.
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
