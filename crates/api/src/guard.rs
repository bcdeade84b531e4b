//! What stands between the socket and Hyper: only bytes that can be read in one way get past.
//!
//! The guard follows heads and bodies, so that it knows where each request of a connection begins. A head is let through
//! when all of it is there and right; a body as it comes. At the first violation the rest of the connection is withheld:
//! Hyper sees its end, answers what came before, and then the violation is answered.

mod characters;
mod chunks;
mod head;
mod io;
mod target;
mod violation;

use crate::config::Limits;
use chunks::{ChunkLimits, ChunkScan};
use head::{Framing, HeadLimits, HeadScan};

pub(crate) use characters::is_token;
pub(crate) use io::GuardedIo;
pub(crate) use violation::Violation;

/// Where in the sequence of requests a connection is.
#[derive(Debug)]
enum State {
    Head(HeadScan),
    Body { left: u64 },
    Chunks(ChunkScan),
}

/// The state machine without its socket.
#[derive(Debug)]
pub(crate) struct Guard {
    state: State,
    head: HeadLimits,
    chunks: ChunkLimits,
}

/// What the guard says of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// So many bytes may pass.
    pub(crate) good: usize,
    /// What stands behind them; without one, the rest is the beginning of a head.
    pub(crate) violation: Option<Violation>,
}

impl Guard {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            state: State::Head(HeadScan::default()),
            head: HeadLimits { bytes: limits.max_head_bytes, headers: limits.max_headers },
            chunks: ChunkLimits {
                extension_bytes: limits.max_chunk_extension_bytes,
                trailer_bytes: limits.max_trailer_bytes,
                trailers: limits.max_headers,
            },
        }
    }

    /// Whether the next byte belongs to a head.
    pub(crate) fn expects_head(&self) -> bool {
        matches!(self.state, State::Head(_))
    }

    /// Judges `bytes`: those that did not pass the last time, and what came after them.
    pub(crate) fn judge(&mut self, bytes: &[u8]) -> Verdict {
        let mut good = 0;
        while good < bytes.len() {
            let rest = &bytes[good..];
            match &mut self.state {
                State::Head(scan) => match scan.scan(rest, self.head) {
                    Ok(Some((length, framing))) => {
                        good += length;
                        self.state = match framing {
                            Framing::Length(0) => State::Head(HeadScan::default()),
                            Framing::Length(left) => State::Body { left },
                            Framing::Chunked => State::Chunks(ChunkScan::new()),
                        };
                    }
                    Ok(None) => break,
                    Err(violation) => return Verdict { good, violation: Some(violation) },
                },
                State::Body { left } => {
                    let taken = (*left).min(rest.len() as u64);
                    good += usize::try_from(taken).unwrap_or(usize::MAX);
                    *left -= taken;
                    if *left == 0 {
                        self.state = State::Head(HeadScan::default());
                    }
                }
                State::Chunks(scan) => match scan.follow(rest, self.chunks) {
                    Ok((taken, ended)) => {
                        good += taken;
                        if ended {
                            self.state = State::Head(HeadScan::default());
                        }
                    }
                    Err((taken, violation)) => {
                        return Verdict { good: good + taken, violation: Some(violation) };
                    }
                },
            }
        }
        Verdict { good, violation: None }
    }
}

#[cfg(test)]
mod tests;
