//! An S3 server on loopback: `s3s-fs`, which checks signatures and keeps objects in a folder.

use std::net::SocketAddr;
use std::path::Path;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use twinloop_objects::Settings;

pub(crate) const ACCESS_KEY: &str = "a-key-of-tests";
pub(crate) const SECRET_KEY: &str = "a-secret-of-tests";

/// A running server; ends when it is dropped.
pub(crate) struct S3Server {
    folder: TempDir,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl S3Server {
    /// Starts a server that has one bucket.
    pub(crate) async fn start(bucket: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(bucket)).unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            // Dropped with the server: connections end as well.
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let service = service.clone();
                connections.spawn(async move {
                    let served = Builder::new(TokioExecutor::new());
                    let _ = served.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self { folder, address, serving }
    }

    /// What a store of this server is opened with; `path` is its bucket and a prefix.
    pub(crate) fn settings(&self, path: &str) -> Settings {
        let environment = [("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)];
        Settings {
            url: format!("s3://{path}?endpoint=http://{}&region=eu-central-1", self.address),
            environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            ..Settings::default()
        }
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
