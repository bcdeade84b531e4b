//! A cluster of three NATS servers of which one after the other is killed and started again.
//!
//! Each message is published until it is stored, under one id. Prints how long nothing was delivered after each kill, and how many messages
//! came more than once. `FULL=1` kills twelve times, else two.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

#[path = "cluster/ledger.rs"]
mod ledger;
#[path = "provider/suite.rs"]
mod provider;
#[path = "nats/server.rs"]
mod server;

use std::sync::Arc;
use std::time::Duration;

use ledger::{LONG, Ledger};
use provider::fixture::{subscription, topic};
use server::{Server, free_port, unavailable};
use tokio::time::{Instant, sleep};
use twinloop_pubsub::nats::Nats;
use twinloop_pubsub::{Broker, Subscription};

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
    let broker: Arc<dyn Broker> =
        Arc::new(Nats::open(&format!("nats://{}?replicas=3", hosts.join(","))).unwrap());
    // A leader is elected first.
    let started = Instant::now();
    let short = Subscription { ack_deadline: Duration::from_secs(5), ..subscription("s") };
    while let Err(error) = broker.declare(&[topic("t", false, std::slice::from_ref(&short))]).await {
        assert!(started.elapsed() < LONG, "{error}");
        sleep(Duration::from_millis(200)).await;
    }
    let traffic = Ledger::begin(Arc::clone(&broker), broker.consume(&short).await.unwrap());
    let ledger = Arc::clone(&traffic.ledger);
    let before = ledger.longest_pause(std::future::ready(())).await;
    let mut pauses = Vec::new();
    for kill in 0..kills {
        let server = &mut servers[kill % 3];
        pauses.push(ledger.longest_pause(server.kill()).await);
        server.run().await;
        // Its copies have to catch up before the next one may go.
        sleep(Duration::from_secs(5)).await;
    }
    let outcome = traffic.close().await;
    eprintln!("{outcome}, {kills} kills; without delivery: {before:?} undisturbed, after kills {pauses:?}");
    broker.close().await.unwrap();
    for server in servers {
        server.finish().await;
    }
}
