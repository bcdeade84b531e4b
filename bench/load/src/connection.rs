//! One keep-alive connection that sends a request, or several at once, awaits the answers, and sends the next.

use std::rc::Rc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::pace::Pace;
use crate::report::Tally;
use crate::response::Response;

/// A larger answer makes the buffer grow.
const BUFFER_BYTES: usize = 16 * 1024;

/// What a connection repeats.
pub(crate) struct Batch {
    /// One or several requests, one behind the other.
    pub(crate) bytes: Vec<u8>,
    /// How many requests those are.
    pub(crate) depth: usize,
}

/// A connection and the requests it repeats.
pub(crate) struct Connection {
    stream: TcpStream,
    address: Rc<str>,
    batch: Rc<Batch>,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that hold answers, or the beginning of one.
    filled: usize,
}

impl Connection {
    /// Opens a connection to `host:port`.
    pub(crate) async fn open(address: &str, batch: Rc<Batch>) -> Result<Self, String> {
        let stream = connect(address).await?;
        Ok(Self { stream, address: address.into(), batch, buffer: vec![0; BUFFER_BYTES], filled: 0 })
    }

    /// Repeats the requests until `end` and counts what comes back.
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
            let outcome = self.exchange(began, tally).await;
            if let Err(message) = &outcome {
                tally.failed(message);
            }
            if outcome.unwrap_or(true) {
                match connect(&self.address).await {
                    Ok(stream) => (self.stream, self.filled) = (stream, 0),
                    Err(message) => return tally.failed(&message),
                }
            }
        }
    }

    /// Sends the batch and counts its answers; gives whether the server closes the connection.
    async fn exchange(&mut self, began: Instant, tally: &mut Tally) -> Result<bool, String> {
        self.stream.write_all(&self.batch.bytes).await.map_err(|error| format!("could not send: {error}"))?;
        for left in (0..self.batch.depth).rev() {
            let response = self.receive().await?;
            tally.answered(&response, began.elapsed());
            if response.closes {
                return if left == 0 { Ok(true) } else { Err(format!("the server left {left} unanswered")) };
            }
        }
        if self.filled > 0 {
            return Err("the server sent more answers than it had requests".to_owned());
        }
        Ok(false)
    }

    async fn receive(&mut self) -> Result<Response, String> {
        loop {
            if let Some(response) = Response::read(&self.buffer[..self.filled])? {
                self.buffer.copy_within(response.bytes..self.filled, 0);
                self.filled -= response.bytes;
                return Ok(response);
            }
            if self.filled == self.buffer.len() {
                self.buffer.resize(self.filled * 2, 0);
            }
            let free = &mut self.buffer[self.filled..];
            let read = self.stream.read(free).await.map_err(|error| format!("could not read: {error}"))?;
            if read == 0 {
                return Err("the server closed the connection before its answer was complete".to_owned());
            }
            self.filled += read;
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
