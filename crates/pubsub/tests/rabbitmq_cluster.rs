//! A cluster of three RabbitMQ nodes of which one is partitioned and one killed. Slow: runs with `FULL=1`.
//!
//! Each message is published until it is confirmed, under one id. Prints how long nothing was delivered after each fault, and how many
//! messages came more than once.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

#[path = "rabbitmq/node.rs"]
mod node;
#[path = "provider/suite.rs"]
mod provider;
#[path = "rabbitmq/vhost.rs"]
mod vhost;

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use node::Node;
use provider::fixture::{message, subscription, text, topic};
use tokio::time::{Instant, sleep, timeout};
use twinloop_pubsub::rabbitmq::RabbitMq;
use twinloop_pubsub::{Broker, Consumer};
use vhost::unavailable;

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
        let wanted = self.published.load(Ordering::Relaxed) + 200;
        let came = async {
            while (self.delivered.lock().unwrap().len() as u64) < wanted {
                sleep(PAUSE).await;
            }
        };
        assert!(timeout(LONG, came).await.is_ok(), "deliveries do not go on after the fault");
        self.last.lock().unwrap().unwrap().1
    }
}

async fn publish(broker: Arc<RabbitMq>, ledger: Arc<Ledger>) {
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

/// Starts nodes that stop while they are in a minority.
async fn cluster() -> Vec<Node> {
    let mut nodes = vec![Node::prepare().await, Node::prepare().await, Node::prepare().await];
    let mut lines = String::from(
        "cluster_partition_handling = pause_minority\n\
         cluster_formation.peer_discovery_backend = classic_config\n",
    );
    for (number, node) in nodes.iter().enumerate() {
        writeln!(lines, "cluster_formation.classic_config.nodes.{} = {}", number + 1, node.name()).unwrap();
    }
    for node in &mut nodes {
        node.configure(&lines);
        node.run().await;
    }
    nodes
}

/// Lets a node and the others refuse each other from now on.
async fn partition(node: &Node) {
    node.ctl(&[
        "eval",
        "[begin erlang:set_cookie(N, wrong), erlang:disconnect_node(N) end || N <- nodes()].",
    ])
    .await;
}

/// Ends the partition of a node, which then starts its broker again.
async fn heal(node: &Node, others: &[&Node]) {
    for other in others {
        let set = format!("erlang:set_cookie('{}', erlang:get_cookie()).", other.name());
        node.ctl(&["eval", &set]).await;
    }
    node.ctl(&["await_online_nodes", "3"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_loses_nothing_when_a_node_is_partitioned_and_one_is_killed() {
    let is_slow = std::env::var_os("FULL").is_none().then_some("it is slow: FULL=1 runs it");
    if let Some(reason) = unavailable().or(is_slow) {
        eprintln!("skipped: {reason}");
        return;
    }
    let mut nodes = cluster().await;
    let hosts: Vec<String> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
    let broker =
        Arc::new(RabbitMq::open(&format!("amqp://guest:guest@{}", hosts.join(",")), |_| {}).unwrap());
    broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap();
    let (ledger, consumer) = (Arc::<Ledger>::default(), broker.consume(&subscription("s")).await.unwrap());
    let publishing = tokio::spawn(publish(Arc::clone(&broker), Arc::clone(&ledger)));
    let consuming = tokio::spawn(consume(consumer, Arc::clone(&ledger)));
    let before = ledger.longest_pause(std::future::ready(())).await;

    // The app is connected to the first node.
    let partitioned = ledger.longest_pause(partition(&nodes[0])).await;
    heal(&nodes[0], &[&nodes[1], &nodes[2]]).await;
    // And now to the second.
    let killed = ledger.longest_pause(nodes[1].kill()).await;

    ledger.is_over.store(true, Ordering::Relaxed);
    publishing.await.unwrap();
    let published = ledger.published.load(Ordering::Relaxed);
    let all_came = async {
        while (ledger.delivered.lock().unwrap().len() as u64) < published {
            sleep(PAUSE).await;
        }
    };
    let is_whole = timeout(LONG, all_came).await.is_ok();
    consuming.abort();
    let delivered = ledger.delivered.lock().unwrap().clone();
    let repeated = delivered.values().filter(|count| **count > 1).count();
    eprintln!(
        "{published} messages; without delivery: {before:?} undisturbed, {partitioned:?} after a partition, {killed:?} after a \
         kill; lost {}, repeated {repeated}",
        published - delivered.len() as u64
    );
    assert!(is_whole, "messages were lost");
    broker.close().await.unwrap();
    for node in &mut nodes {
        node.run_down().await;
    }
}
