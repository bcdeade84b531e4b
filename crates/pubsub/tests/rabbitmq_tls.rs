//! RabbitMQ by TLS, with certificates of the test's own, and the limit that a broker sets to acknowledgements.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::panic, reason = "tests")]

#[path = "tls/certificates.rs"]
mod certificates;
#[path = "rabbitmq/node.rs"]
mod node;
#[path = "provider/suite.rs"]
mod provider;
#[path = "rabbitmq/vhost.rs"]
mod vhost;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use certificates::write_certificates;
use node::{Node, free_port};
use provider::fixture::{drink, message, next, subscription, text, topic};
use tokio::time::{Instant, sleep};
use twinloop_pubsub::Broker;
use twinloop_pubsub::rabbitmq::{RabbitMq, SupplyEvent};
use vhost::unavailable;

const LONG: Duration = Duration::from_secs(90);

fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "listeners.ssl.1 = 127.0.0.1:{port}\n\
         ssl_options.cacertfile = {folder}/ca.pem\n\
         ssl_options.certfile = {folder}/server.pem\n\
         ssl_options.keyfile = {folder}/server.key\n\
         ssl_options.verify = verify_peer\n\
         ssl_options.fail_if_no_peer_cert = true\n\
         consumer_timeout = 3000\n"
    )
}

/// One node for all cases: it takes seconds to start.
#[tokio::test(flavor = "multi_thread")]
async fn tls_is_verified_both_ways_and_a_consumer_timeout_is_told() {
    if let Some(reason) = unavailable() {
        eprintln!("skipped: {reason}");
        return;
    }
    let port = free_port().await;
    let mut folder = std::path::PathBuf::new();
    let mut node = Node::start_with(|of_node| {
        folder = of_node.to_owned();
        write_certificates(of_node);
        configuration(of_node, port)
    })
    .await;
    tls_is_verified_both_ways(&node, &folder, port).await;
    // How often a channel looks for messages that are late: a minute.
    node.ctl(&["eval", "application:set_env(rabbit, channel_tick_interval, 1000)."]).await;
    a_consumer_timeout_of_the_broker_is_told(&node.url()).await;
    node.run_down().await;
}

async fn tls_is_verified_both_ways(node: &Node, folder: &Path, port: u16) {
    let url = |host: &str, parameters: &str| format!("amqps://guest:guest@{host}:{port}/?{parameters}");
    let client = "certfile=client.pem&keyfile=client.key";
    let refused = [
        (url("localhost", client), "cacertfile=…"),
        (url("localhost", "cacertfile=ca.pem"), "certfile=… and keyfile=…"),
        (url("127.0.0.1", &format!("cacertfile=ca.pem&{client}")), "server_name_indication=…"),
    ];
    let plain = node.url().replace("amqp://", "amqps://").replace("127.0.0.1", "localhost");
    let refused = refused.into_iter().chain([(plain, "amqp://")]);
    for (url, told) in refused {
        let broker = RabbitMq::open_at(folder, &url, |_| {}).unwrap();
        let error = broker.publish(vec![message("a")]).await.unwrap_err();
        assert!(error.message.contains(told) && !error.message.contains("guest"), "{url}: {error}");
        assert_eq!(error.code.as_str(), "failed_precondition", "{url}: {error}");
    }
    let named = format!("cacertfile=ca.pem&{client}&server_name_indication=localhost");
    for url in [url("localhost", &format!("cacertfile=ca.pem&{client}")), url("127.0.0.1", &named)] {
        let broker = RabbitMq::open_at(folder, &url, |_| {}).unwrap();
        broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap();
        assert!(broker.place().starts_with("amqps://"));
        broker.publish(vec![message("a")]).await.unwrap();
        let consumer = broker.consume(&subscription("s")).await.unwrap();
        assert_eq!(drink(&*consumer, 1).await, ["a"]);
        drop(consumer);
        broker.close().await.unwrap();
    }
}

async fn a_consumer_timeout_of_the_broker_is_told(url: &str) {
    let reports = Arc::<Mutex<Vec<SupplyEvent>>>::default();
    let noted = Arc::clone(&reports);
    let broker = RabbitMq::open(url, move |report| noted.lock().unwrap().push(report)).unwrap();
    broker.declare(&[topic("t", false, &[subscription("late")])]).await.unwrap();
    let consumer = broker.consume(&subscription("late")).await.unwrap();
    broker.publish(vec![message("a")]).await.unwrap();
    assert_eq!(next(&*consumer).await.attempt, 1);
    let again = consumer.next(1);
    tokio::pin!(again);
    let started = Instant::now();
    let delivered = tokio::time::timeout(LONG, &mut again).await.unwrap().unwrap();
    assert_eq!((text(&delivered[0]).as_str(), delivered[0].attempt), ("a", 2));
    while reports.lock().unwrap().is_empty() {
        assert!(started.elapsed() < LONG, "nobody was told");
        sleep(Duration::from_millis(50)).await;
    }
    let expected = SupplyEvent::TimedOut { topic: "t".into(), subscription: "late".into() };
    assert_eq!(reports.lock().unwrap()[0], expected);
    consumer.acknowledge(&delivered[0]).await.unwrap();
    broker.close().await.unwrap();
}
