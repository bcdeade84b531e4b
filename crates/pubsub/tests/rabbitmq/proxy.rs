//! A proxy before the broker that can cut connections, or hold their bytes.

#![allow(unreachable_pub, missing_docs, dead_code, reason = "one module of each test program")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

pub struct Proxy {
    pub port: u16,
    /// Whether bytes are accepted and not passed on.
    held: watch::Sender<bool>,
    /// A count that grows with each cut.
    cuts: watch::Sender<u64>,
    connections: Arc<AtomicU64>,
    accepting: AbortHandle,
}

impl Proxy {
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (held, cuts) = (watch::Sender::new(false), watch::Sender::new(0));
        let connections = Arc::<AtomicU64>::default();
        let (holding, cutting, counter) = (held.subscribe(), cuts.subscribe(), Arc::clone(&connections));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::Relaxed);
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
                let ((from_client, to_client), (from_server, to_server)) =
                    (client.into_split(), server.into_split());
                for (from, to) in [(from_client, to_server), (from_server, to_client)] {
                    let mut cutting = cutting.clone();
                    cutting.mark_unchanged();
                    let passing = pass(from, to, holding.clone());
                    tokio::spawn(async move {
                        tokio::select! {
                            () = passing => {}
                            _ = cutting.changed() => {}
                        }
                    });
                }
            }
        });
        Self { port: own, held, cuts, connections, accepting: accepting.abort_handle() }
    }

    /// Cuts all connections and refuses further ones, as a node that has died.
    pub fn die(&self) {
        self.accepting.abort();
        self.cut();
    }

    /// Keeps connections open without passing bytes on, in either direction.
    pub fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut held: watch::Receiver<bool>) {
    let mut bytes = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if held.wait_for(|held| !held).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
