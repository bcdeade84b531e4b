//! A RabbitMQ node of the test's own, which can be stopped and made short of memory.

#![allow(unreachable_pub, missing_docs, dead_code, reason = "one module of each test program")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

pub struct Node {
    folder: PathBuf,
    name: String,
    pub port: u16,
    distribution: u16,
    child: Option<Child>,
}

/// The cookie of all nodes, so that those of a cluster know each other.
const COOKIE: &str = "twinloop-tests";

impl Node {
    pub async fn start() -> Self {
        Self::start_with(|_| String::new()).await
    }

    /// Starts a node with more lines of configuration, which may name files in the node's folder.
    pub async fn start_with(configuration: impl FnOnce(&Path) -> String) -> Self {
        let mut node = Self::prepare().await;
        node.configure(&configuration(&node.folder));
        node.run().await;
        node
    }

    /// Chooses name, ports and folder of a node.
    pub async fn prepare() -> Self {
        let (port, distribution) = (free_port().await, free_port().await);
        let name = format!("twinloop-faults-{port}@localhost");
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        // A server started by root runs as a user of its own.
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
        Self { folder, name, port, distribution, child: None }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes the configuration. Without this file that of the machine's own broker is read.
    pub fn configure(&self, lines: &str) {
        let lines = format!("listeners.tcp.1 = 127.0.0.1:{}\n{lines}", self.port);
        std::fs::write(self.folder.join("rabbitmq.conf"), lines).unwrap();
    }

    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}", self.port)
    }

    pub async fn run(&mut self) {
        let mut command = self.command("rabbitmq-server");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.child = Some(child);
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(120), "the node did not start");
            sleep(Duration::from_millis(100)).await;
        }
        self.ctl(&["await_startup"]).await;
    }

    /// Stops the node and keeps its data. (After kill -9, RabbitMQ 3.10.8 restarts with quorum queues that do not answer,
    /// whatever the client.)
    pub async fn halt(&mut self) {
        self.ctl(&["stop"]).await;
        if let Some(mut child) = self.child.take() {
            tokio::task::spawn_blocking(move || child.wait()).await.unwrap().unwrap();
        }
    }

    /// Ends the node as `kill -9` does.
    pub async fn kill(&mut self) {
        let mut command = self.command("rabbitmqctl");
        command.args(["--quiet", "eval", "erlang:halt(137, [{flush, false}])."]);
        // The node ends before it can answer.
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        if let Some(mut child) = self.child.take() {
            tokio::task::spawn_blocking(move || child.wait()).await.unwrap().unwrap();
        }
    }

    pub async fn ctl(&self, arguments: &[&str]) -> String {
        let mut command = self.command("rabbitmqctl");
        command.arg("--quiet").args(arguments);
        let done = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            done.status.success(),
            "rabbitmqctl {arguments:?}: {}{}",
            text(&done.stdout),
            text(&done.stderr)
        );
        text(&done.stdout)
    }

    pub async fn run_down(&mut self) {
        if self.child.is_some() {
            self.halt().await;
        }
        std::fs::remove_dir_all(&self.folder).unwrap();
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("HOME", &self.folder)
            .env("RABBITMQ_NODENAME", &self.name)
            .env("RABBITMQ_ERLANG_COOKIE", COOKIE)
            .env("RABBITMQ_CONFIG_FILE", self.folder.join("rabbitmq.conf"))
            .env("RABBITMQ_DIST_PORT", self.distribution.to_string())
            .env("RABBITMQ_MNESIA_BASE", self.folder.join("data"))
            .env("RABBITMQ_LOG_BASE", self.folder.join("log"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", self.folder.join("plugins"));
        command
    }
}

/// Stops the node of a failed test.
impl Drop for Node {
    fn drop(&mut self) {
        if self.child.is_some() {
            let _ = self.command("rabbitmqctl").args(["--quiet", "stop"]).status();
        }
    }
}

pub async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}
