//! A cluster of three RabbitMQ nodes of which one is partitioned and one killed. Slow: runs with `FULL=1`.
//!
//! Each message is published until it is confirmed, under one id. Prints how long nothing was delivered after each fault, and how many
//! messages came more than once.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

#[path = "cluster/ledger.rs"]
mod ledger;
#[path = "rabbitmq/node.rs"]
mod node;
#[path = "provider/suite.rs"]
mod provider;
#[path = "rabbitmq/vhost.rs"]
mod vhost;

use std::fmt::Write;
use std::sync::Arc;

use ledger::Ledger;
use node::Node;
use provider::fixture::{subscription, topic};
use twinloop_pubsub::Broker;
use twinloop_pubsub::rabbitmq::RabbitMq;
use vhost::unavailable;

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
    let broker: Arc<dyn Broker> =
        Arc::new(RabbitMq::open(&format!("amqp://guest:guest@{}", hosts.join(",")), |_| {}).unwrap());
    broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap();
    let traffic = Ledger::begin(Arc::clone(&broker), broker.consume(&subscription("s")).await.unwrap());
    let ledger = Arc::clone(&traffic.ledger);
    let before = ledger.longest_pause(std::future::ready(())).await;

    // The app is connected to the first node.
    let partitioned = ledger.longest_pause(partition(&nodes[0])).await;
    heal(&nodes[0], &[&nodes[1], &nodes[2]]).await;
    // And now to the second.
    let killed = ledger.longest_pause(nodes[1].kill()).await;

    let outcome = traffic.close().await;
    eprintln!(
        "{outcome}; without delivery: {before:?} undisturbed, {partitioned:?} after a partition, {killed:?} after a kill"
    );
    broker.close().await.unwrap();
    for node in &mut nodes {
        node.run_down().await;
    }
}
