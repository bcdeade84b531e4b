//! Rust's own answer to the kinds of the public benchmark: axum and deadpool-postgres, as their documentation teaches them.
//!
//! Shape:  one I/O thread; listens on `HOST` (default 127.0.0.1) and `PORT` (default 8080); the tables are in the database of
//!         `DATABASE_URL`.
//! Errors: says on stderr which setting or address is wrong, and exits with code 1.

mod fortunes;
mod worlds;

use std::process::ExitCode;

use axum::Router;
use axum::http::header::SERVER;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Json};
use axum::routing::get;
use axum::serve::ListenerExt;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio::net::TcpListener;
use tokio_postgres::{Config, NoTls};

/// As many as every other server of the suite has.
const CONNECTIONS: usize = 10;

/// The header by which each answer names its server.
pub(crate) const NAMED: [(HeaderName, &str); 1] = [(SERVER, "axum")];

/// What went wrong with the database, as an answer of status 500.
pub(crate) struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> axum::response::Response {
        (StatusCode::INTERNAL_SERVER_ERROR, NAMED, self.0).into_response()
    }
}

#[derive(serde::Serialize)]
struct Message {
    message: &'static str,
}

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            report(&message);
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), String> {
    let host = std::env::var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
    let port = std::env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let address = format!("{host}:{port}");
    let app = Router::new()
        .route("/plaintext", get(plaintext))
        .route("/json", get(json))
        .route("/db", get(worlds::one))
        .route("/queries", get(worlds::several))
        .route("/updates", get(worlds::update))
        .route("/fortunes", get(fortunes::page))
        .with_state(open_pool()?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("could not start the runtime: {error}"))?;
    runtime.block_on(async move {
        let listener = TcpListener::bind(&address).await.map_err(|error| {
            format!("could not listen on {address}: {error}; set HOST and PORT to a free address")
        })?;
        let listener = listener.tap_io(|stream| {
            // Without it a small answer may wait for the client's delayed acknowledgement.
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, app).await.map_err(|error| format!("could not serve: {error}"))
    })
}

fn open_pool() -> Result<Pool, String> {
    let url = std::env::var("DATABASE_URL").map_err(|_| "set DATABASE_URL".to_owned())?;
    let config: Config = url.parse().map_err(|error| format!("DATABASE_URL cannot be read: {error}"))?;
    let manager =
        Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    Pool::builder(manager)
        .max_size(CONNECTIONS)
        .build()
        .map_err(|error| format!("could not make a pool: {error}"))
}

async fn plaintext() -> impl IntoResponse {
    (NAMED, "Hello, World!")
}

async fn json() -> impl IntoResponse {
    (NAMED, Json(Message { message: "Hello, World!" }))
}

#[expect(clippy::print_stderr, reason = "a program's way to say why it stops")]
fn report(message: &str) {
    eprintln!("twinloop-bench-axum: {message}");
}
