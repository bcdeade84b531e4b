//! The physical limit of the benchmark: a bare Hyper server that answers the workloads without JavaScript.
//!
//! Shape:  one I/O thread, one task per connection; listens on `HOST` (default 127.0.0.1) and `PORT` (default 8080), and
//!         has rows where `DATABASE_URL` is set, messages where `AMQP_URL` is.
//! Errors: says on stderr which setting or address is wrong, and exits with code 1.

mod answer;
mod bodies;
mod items;
mod messages;
mod rows;
mod schema_request;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::answer::{App, answer};
use crate::messages::Broker;

/// A good server gives up on a client that does not finish its header; the timer is part of the fair price.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);

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
    let address = listen_address()?;
    let pool = std::env::var("DATABASE_URL").ok().map(|url| rows::open(&url)).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("could not start the runtime: {error}"))?;
    tokio::task::LocalSet::new().block_on(&runtime, async move {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            format!("could not listen on {address}: {error}; set HOST and PORT to a free address")
        })?;
        accept_all(listener, App::new(pool, open_broker().await?)).await
    })
}

async fn open_broker() -> Result<Option<Broker>, String> {
    match std::env::var("AMQP_URL") {
        Ok(url) => Broker::open(&url).await.map(Some),
        Err(_) => Ok(None),
    }
}

fn listen_address() -> Result<SocketAddr, String> {
    let host = std::env::var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
    let port = std::env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    format!("{host}:{port}").parse().map_err(|_| {
        format!("HOST={host} PORT={port} is no address; HOST must be an IP address and PORT 1 to 65535")
    })
}

async fn accept_all(listener: TcpListener, app: App) -> Result<(), String> {
    let app = Rc::new(app);
    loop {
        let (stream, _) =
            listener.accept().await.map_err(|error| format!("could not accept a connection: {error}"))?;
        tokio::task::spawn_local(serve_connection(stream, Rc::clone(&app)));
    }
}

async fn serve_connection(stream: TcpStream, app: Rc<App>) {
    // Without it a small answer may wait for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(request, &app));
    // An answer here is one small piece, so gathering writes only costs.
    let connection = http1::Builder::new()
        .writev(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    // A client that closes early is no event in a benchmark.
    let _ = connection.await;
}

#[expect(clippy::print_stderr, reason = "a program's way to say why it stops")]
fn report(message: &str) {
    eprintln!("twinloop-bench-limit: {message}");
}
