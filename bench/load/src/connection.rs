//! One keep-alive connection that sends a request, awaits its answer, and sends the next.

use std::rc::Rc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::pace::Pace;
use crate::report::Tally;
use crate::response::Response;

/// A larger answer makes the buffer grow.
const BUFFER_BYTES: usize = 16 * 1024;

/// A connection and the request it repeats.
pub(crate) struct Connection {
    stream: TcpStream,
    address: Rc<str>,
    request: Rc<[u8]>,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that hold an answer's beginning.
    filled: usize,
}

impl Connection {
    /// Opens a connection to `host:port`.
    pub(crate) async fn open(address: &str, request: Rc<[u8]>) -> Result<Self, String> {
        let stream = connect(address).await?;
        Ok(Self { stream, address: address.into(), request, buffer: vec![0; BUFFER_BYTES], filled: 0 })
    }

    /// Repeats the request until `end` and counts what comes back.
    ///
    /// Requests still unanswered at `end` are left out, so that a stalled server shows in the count of requests.
    /// A connection that fails is counted and opened anew; one that cannot be opened anew ends.
    pub(crate) async fn run_until(mut self, end: Instant, mut pace: Pace) -> Tally {
        let mut tally = Tally::default();
        // One timer for the whole run: a timer for each request would cost more than the request.
        let _ = tokio::time::timeout_at(end.into(), self.run(end, &mut pace, &mut tally)).await;
        tally
    }

    async fn run(&mut self, end: Instant, pace: &mut Pace, tally: &mut Tally) {
        loop {
            let began = pace.wait().await;
            if began >= end {
                return;
            }
            let outcome = self.exchange().await;
            match &outcome {
                Ok(response) => tally.answered(response, began.elapsed()),
                Err(message) => tally.failed(message),
            }
            if outcome.map_or(true, |response| response.closes) {
                match connect(&self.address).await {
                    Ok(stream) => (self.stream, self.filled) = (stream, 0),
                    Err(message) => return tally.failed(&message),
                }
            }
        }
    }

    async fn exchange(&mut self) -> Result<Response, String> {
        self.stream.write_all(&self.request).await.map_err(|error| format!("could not send: {error}"))?;
        loop {
            if self.filled == self.buffer.len() {
                self.buffer.resize(self.filled * 2, 0);
            }
            let free = &mut self.buffer[self.filled..];
            let read = self.stream.read(free).await.map_err(|error| format!("could not read: {error}"))?;
            if read == 0 {
                return Err("the server closed the connection before its answer was complete".to_owned());
            }
            self.filled += read;
            if let Some(response) = Response::read(&self.buffer[..self.filled])? {
                if response.bytes != self.filled {
                    return Err("the server sent more than one answer to one request".to_owned());
                }
                self.filled = 0;
                return Ok(response);
            }
        }
    }
}

async fn connect(address: &str) -> Result<TcpStream, String> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| format!("could not connect to {address}: {error}"))?;
    stream.set_nodelay(true).map_err(|error| format!("could not set up a connection: {error}"))?;
    Ok(stream)
}
