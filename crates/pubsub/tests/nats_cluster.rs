//! A cluster of three NATS servers of which one after the other is killed and started again.
//!
//! Each message is published until it is stored, under one id. Prints how long nothing was delivered after each kill, and how many messages
//! came more than once. `FULL=1` kills twelve times, else two.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

#[path = "provider/suite.rs"]
mod provider;
#[path = "nats/server.rs"]
mod server;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use provider::fixture::{message, subscription, text, topic};
use server::{Server, free_port, unavailable};
use tokio::time::{Instant, sleep, timeout};
use twinloop_pubsub::nats::Nats;
use twinloop_pubsub::{Broker, Consumer, Subscription};

const LONG: Duration = Duration::from_secs(180);
const PAUSE: Duration = Duration::from_millis(5);

/// What was published and delivered.
#[derive(Default)]
struct Ledger {
    published: AtomicU64,
    is_over: AtomicBool,
    /// How often each message came.
    delivered: Mutex<HashMap<String, u32>>,
    /// The last delivery, and the longest time between two since the last fault.
    last: Mutex<Option<(Instant, Duration)>>,
}

impl Ledger {
    fn note(&self, text: String) {
        *self.delivered.lock().unwrap().entry(text).or_default() += 1;
        let mut last = self.last.lock().unwrap();
        let now = Instant::now();
        let longest =
            last.map_or(Duration::ZERO, |(before, longest)| longest.max(now.duration_since(before)));
        *last = Some((now, longest));
    }

    /// Waits for messages that are published from now on, and returns the longest time without a delivery.
    async fn longest_pause(&self, fault: impl Future<Output = ()>) -> Duration {
        *self.last.lock().unwrap() = Some((Instant::now(), Duration::ZERO));
        fault.await;
        let wanted = self.published.load(Ordering::Relaxed) + 100;
        self.reach(wanted).await;
        self.last.lock().unwrap().unwrap().1
    }

    async fn reach(&self, wanted: u64) {
        let came = async {
            while (self.delivered.lock().unwrap().len() as u64) < wanted {
                sleep(PAUSE).await;
            }
        };
        let came = timeout(LONG, came).await;
        assert!(came.is_ok(), "{} of {wanted} were delivered", self.delivered.lock().unwrap().len());
    }
}

async fn publish(broker: Arc<Nats>, ledger: Arc<Ledger>) {
    while !ledger.is_over.load(Ordering::Relaxed) {
        let number = ledger.published.load(Ordering::Relaxed);
        let sent = message(&number.to_string());
        while broker.publish(vec![sent.clone()]).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
        ledger.published.fetch_add(1, Ordering::Relaxed);
        sleep(PAUSE).await;
    }
}

async fn consume(consumer: Arc<dyn Consumer>, ledger: Arc<Ledger>) {
    loop {
        match consumer.next(100).await {
            Ok(deliveries) => {
                for delivery in deliveries {
                    ledger.note(text(&delivery));
                    let _ = consumer.acknowledge(&delivery).await;
                }
            }
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn cluster() -> Vec<Server> {
    let mut servers = vec![Server::prepare().await, Server::prepare().await, Server::prepare().await];
    let mut routes = Vec::new();
    for _ in &servers {
        routes.push(free_port().await);
    }
    let all: Vec<String> = routes.iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect();
    for (number, server) in servers.iter_mut().enumerate() {
        let (store, route) = (server.store(), routes[number]);
        server.configure(&format!(
            "server_name: n{number}\njetstream {{ store_dir: \"{store}\" }}\ncluster {{ name: tests, listen: \"127.0.0.1:{route}\", \
             routes: [{}] }}\n",
            all.join(", ")
        ));
        server.run().await;
    }
    servers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_loses_nothing_when_its_servers_are_killed_by_turns() {
    if let Some(reason) = unavailable() {
        eprintln!("skipped: {reason}");
        return;
    }
    let kills = if std::env::var_os("FULL").is_some() { 12 } else { 2 };
    let mut servers = cluster().await;
    let hosts: Vec<String> = servers.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
    let broker = Arc::new(Nats::open(&format!("nats://{}?replicas=3", hosts.join(","))).unwrap());
    // A leader is elected first.
    let started = Instant::now();
    let short = Subscription { ack_deadline: Duration::from_secs(5), ..subscription("s") };
    while let Err(error) = broker.declare(&[topic("t", false, std::slice::from_ref(&short))]).await {
        assert!(started.elapsed() < LONG, "{error}");
        sleep(Duration::from_millis(200)).await;
    }
    let (ledger, consumer) = (Arc::<Ledger>::default(), broker.consume(&short).await.unwrap());
    let publishing = tokio::spawn(publish(Arc::clone(&broker), Arc::clone(&ledger)));
    let consuming = tokio::spawn(consume(consumer, Arc::clone(&ledger)));
    let before = ledger.longest_pause(std::future::ready(())).await;
    let mut pauses = Vec::new();
    for kill in 0..kills {
        let server = &mut servers[kill % 3];
        pauses.push(ledger.longest_pause(server.kill()).await);
        server.run().await;
        // Its copies have to catch up before the next one may go.
        sleep(Duration::from_secs(5)).await;
    }
    ledger.is_over.store(true, Ordering::Relaxed);
    publishing.await.unwrap();
    let published = ledger.published.load(Ordering::Relaxed);
    ledger.reach(published).await;
    consuming.abort();
    let delivered = ledger.delivered.lock().unwrap().clone();
    let repeated = delivered.values().filter(|count| **count > 1).count();
    eprintln!(
        "{published} messages, {kills} kills; without delivery: {before:?} undisturbed, after kills {pauses:?}; lost {}, repeated \
         {repeated}",
        published - delivered.len() as u64
    );
    broker.close().await.unwrap();
    for server in servers {
        server.finish().await;
    }
}
