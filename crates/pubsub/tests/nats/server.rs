//! A NATS server of the test's own, which can be killed and started again.

#![allow(unreachable_pub, missing_docs, dead_code, reason = "one module of each test program")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

pub struct Server {
    pub folder: PathBuf,
    pub port: u16,
    child: Option<Child>,
}

impl Server {
    /// Starts a server with JetStream and more lines of configuration.
    pub async fn start(lines: &str) -> Self {
        let mut server = Self::prepare().await;
        let store = server.store();
        server.configure(&format!("jetstream {{ store_dir: \"{store}\" }}\n{lines}"));
        server.run().await;
        server
    }

    /// Chooses port and folder of a server.
    pub async fn prepare() -> Self {
        let port = free_port().await;
        let folder = std::env::temp_dir().join(format!("twinloop-nats-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, port, child: None }
    }

    pub fn configure(&self, lines: &str) {
        let listen = format!("listen: \"127.0.0.1:{}\"\n{lines}", self.port);
        std::fs::write(self.file(), listen).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.join("nats.conf")
    }

    /// The folder of its streams, as its configuration has it.
    pub fn store(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub async fn run(&mut self) {
        let mut command = Command::new("nats-server");
        command.arg("-c").arg(self.file()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().unwrap());
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "the server did not start");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Kills the server (`SIGKILL`) and keeps its data.
    pub async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            tokio::task::spawn_blocking(move || child.wait()).await.unwrap().unwrap();
        }
    }

    /// Ends the server and deletes its data.
    pub async fn finish(mut self) {
        self.kill().await;
        let _ = std::fs::remove_dir_all(Path::new(&self.folder));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub async fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port()
}

/// Returns why no server can be started, if that is so.
pub fn unavailable() -> Option<&'static str> {
    let found = Command::new("nats-server").arg("--version").stdout(Stdio::null()).status();
    found.is_err().then_some("nats-server is not installed")
}
