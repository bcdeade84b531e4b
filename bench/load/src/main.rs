//! A light HTTP/1.1 load generator: one thread, keep-alive connections, one request, or a pipeline of them, in flight on each.
//!
//! Shape:  see [`options::USAGE`]; prints one JSON object, [`report::Report`], on stdout.
//! Errors: says on stderr what is wrong, and exits with code 1. Answers of any status are counted, not errors.

mod connection;
mod histogram;
mod options;
mod pace;
mod report;
mod response;

use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use crate::connection::Connection;
use crate::options::Options;
use crate::pace::Pace;
use crate::report::{Report, Tally};

fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(message) => {
            complain(&message);
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, String> {
    let options = Options::read(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("could not start the runtime: {error}"))?;
    let report = tokio::task::LocalSet::new().block_on(&runtime, drive(options))?;
    serde_json::to_string(&report).map_err(|error| format!("could not write the report: {error}"))
}

/// Opens every connection first, so that the measured time holds requests only.
async fn drive(options: Options) -> Result<Report, String> {
    let batch = Rc::new(options.batch());
    let mut connections = Vec::with_capacity(options.connections);
    for _ in 0..options.connections {
        connections.push(Connection::open(&options.address, Rc::clone(&batch)).await?);
    }
    let start = Instant::now();
    let end = start + options.duration;
    let running: Vec<_> = connections
        .into_iter()
        .enumerate()
        .map(|(index, connection)| {
            let pace = Pace::new(start, index, options.connections, options.rate);
            tokio::task::spawn_local(connection.run_until(end, pace))
        })
        .collect();
    let mut total = Tally::default();
    for task in running {
        total.add(&task.await.map_err(|error| format!("a connection's task failed: {error}"))?);
    }
    Ok(Report::new(&total, options.connections, start.elapsed()))
}

#[expect(clippy::print_stdout, reason = "the program's result")]
fn print(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "a program's way to say why it stops")]
fn complain(message: &str) {
    eprintln!("twinloop-bench-load: {message}");
}
