//! NATS by TLS, with certificates of the test's own, and by each kind of login.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::panic, reason = "tests")]

#[path = "tls/certificates.rs"]
mod certificates;
#[path = "nats/operator.rs"]
mod operator;
#[path = "provider/suite.rs"]
mod provider;
#[path = "nats/server.rs"]
mod server;

use std::path::Path;

use certificates::write_certificates;
use operator::Operator;
use provider::fixture::{drink, message, subscription, topic};
use server::{Server, unavailable};
use twinloop_pubsub::Broker;
use twinloop_pubsub::nats::Nats;

/// Starts a server whose configuration may name files in its folder; `None`, and the reason printed, where there is none.
async fn started(configuration: impl FnOnce(&Path) -> String) -> Option<Server> {
    if let Some(reason) = unavailable() {
        eprintln!("skipped: {reason}");
        return None;
    }
    let mut server = Server::prepare().await;
    let lines = configuration(&server.folder);
    server.configure(&format!("jetstream {{ store_dir: \"{}\" }}\n{lines}", server.store()));
    server.run().await;
    Some(server)
}

/// Publishes a message through the URL and receives it.
async fn works(folder: &Path, url: &str) {
    let broker = Nats::open_at(folder, url).unwrap();
    broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap();
    broker.publish(vec![message("a")]).await.unwrap();
    let consumer = broker.consume(&subscription("s")).await.unwrap();
    assert_eq!(drink(&*consumer, 1).await, ["a"]);
    drop(consumer);
    broker.close().await.unwrap();
}

/// Asserts that the URL is refused for good, in words that tell what to do and no secret.
async fn refused(folder: &Path, url: &str, told: &str) {
    let broker = Nats::open_at(folder, url).unwrap();
    let error = broker.publish(vec![message("a")]).await.unwrap_err();
    assert_eq!(error.code.as_str(), "failed_precondition", "{url}: {error}");
    assert!(error.message.contains(told) && !error.message.contains("s3cret"), "{url}: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_verified_both_ways() {
    let configuration = |folder: &Path| {
        write_certificates(folder);
        let folder = folder.display();
        format!(
            "tls {{ cert_file: \"{folder}/server.pem\", key_file: \"{folder}/server.key\", ca_file: \"{folder}/ca.pem\", verify: true }}"
        )
    };
    let Some(server) = started(configuration).await else { return };
    let folder = server.folder.clone();
    let url = |host: &str, options: &str| format!("tls://{host}:{}?{options}", server.port);
    let client = "certfile=client.pem&keyfile=client.key";
    refused(&folder, &url("localhost", client), "cacertfile=…").await;
    refused(&folder, &url("localhost", "cacertfile=ca.pem"), "certfile=… and keyfile=…").await;
    // The certificate is `localhost`'s.
    refused(&folder, &url("127.0.0.1", &format!("cacertfile=ca.pem&{client}")), "another name").await;
    works(&folder, &url("localhost", &format!("cacertfile=ca.pem&{client}"))).await;
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_that_a_server_does_not_speak_is_told() {
    let Some(server) = started(|_| String::new()).await else { return };
    refused(&server.folder, &format!("tls://localhost:{}", server.port), "nats://").await;
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_a_token_and_an_nkey_log_in_and_wrong_ones_are_told() {
    for (lines, right, wrong) in [
        ("authorization { user: me, password: \"s3cret:@\" }", "me:s3cret%3A%40@", "me:s3cretly@"),
        ("authorization { token: \"s3cret\" }", "s3cret@", "s3cretly@"),
    ] {
        let Some(server) = started(|_| lines.to_owned()).await else { return };
        let url = |login: &str| format!("nats://{login}127.0.0.1:{}", server.port);
        refused(&server.folder, &url(wrong), "refuses the login").await;
        refused(&server.folder, &url(""), "refuses the login").await;
        works(&server.folder, &url(right)).await;
        server.finish().await;
    }
    let (known, stranger) = (nkeys::KeyPair::new_user(), nkeys::KeyPair::new_user());
    let lines = format!("authorization {{ users: [ {{ nkey: {} }} ] }}", known.public_key());
    let Some(server) = started(|_| lines).await else { return };
    for (name, pair) in [("known.nk", &known), ("stranger.nk", &stranger)] {
        std::fs::write(server.folder.join(name), pair.seed().unwrap()).unwrap();
    }
    let url = |name: &str| format!("nats://127.0.0.1:{}?nkey={name}", server.port);
    refused(&server.folder, &url("stranger.nk"), "refuses the login").await;
    works(&server.folder, &url("known.nk")).await;
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credentials_file_logs_in_at_a_server_in_operator_mode() {
    let (operator, stranger) = (Operator::new(), Operator::new());
    let Some(server) = started(|_| operator.configuration()).await else { return };
    let hour_ago = operator::now() - 3600;
    for (name, credentials) in [
        ("known.creds", operator.credentials(None)),
        ("expired.creds", operator.credentials(Some(hour_ago))),
        ("stranger.creds", stranger.credentials(None)),
        ("empty.creds", String::new()),
    ] {
        std::fs::write(server.folder.join(name), credentials).unwrap();
    }
    let url = |query: &str| format!("nats://127.0.0.1:{}{query}", server.port);
    refused(&server.folder, &url("?creds=empty.creds"), "cannot be read as credentials").await;
    for query in ["", "?creds=expired.creds", "?creds=stranger.creds"] {
        refused(&server.folder, &url(query), "refuses the login").await;
    }
    works(&server.folder, &url("?creds=known.creds")).await;
    server.finish().await;
}
