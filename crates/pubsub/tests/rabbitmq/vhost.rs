//! A virtual host of its own for each test.

#![allow(unreachable_pub, missing_docs, dead_code, reason = "one module of each test program")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use twinloop_pubsub::rabbitmq::RabbitMq;

const LOCAL: &str = "amqp://guest:guest@127.0.0.1:5672";

/// Returns why there is no broker to test with, if the environment says so.
pub fn unavailable() -> Option<&'static str> {
    std::env::var_os("WITHOUT_RABBITMQ").map(|_| "WITHOUT_RABBITMQ is set: there is no RabbitMQ")
}

pub struct Vhost {
    name: String,
}

impl Vhost {
    pub async fn new() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("twinloop-test-{}-{number}", std::process::id());
        rabbitmqctl(&["add_vhost", &name]).await;
        rabbitmqctl(&["set_permissions", "--vhost", &name, &user(), ".*", ".*", ".*"]).await;
        Self { name }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn url(&self) -> String {
        let server = server();
        format!("{}/{}", server.trim_end_matches('/'), self.name)
    }

    pub fn open(&self) -> Arc<RabbitMq> {
        Arc::new(RabbitMq::open(&self.url(), |_| {}).unwrap())
    }

    pub async fn delete(self) {
        rabbitmqctl(&["delete_vhost", &self.name]).await;
    }
}

pub fn server() -> String {
    std::env::var("AMQP_URL").unwrap_or_else(|_| LOCAL.to_owned())
}

fn user() -> String {
    let server = server();
    let (_, rest) = server.split_once("://").unwrap();
    let (info, _) = rest.split_once('@').unwrap_or(("guest", ""));
    info.split(':').next().unwrap().to_owned()
}

pub async fn rabbitmqctl(arguments: &[&str]) -> String {
    let mut command = Command::new("rabbitmqctl");
    command.arg("--quiet").args(arguments);
    let done = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(done.status.success(), "rabbitmqctl {arguments:?}: {}{}", text(&done.stdout), text(&done.stderr));
    text(&done.stdout)
}
