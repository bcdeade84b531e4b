//! The guard between the socket and Hyper, which passes only bytes that can be read in one way.
//!
//! The guard follows heads and bodies, so that it knows where each request of a connection begins. A head passes once it is
//! complete and valid; a body passes as it arrives. At the first violation the rest of the connection is withheld: Hyper sees
//! the end of the stream and answers the requests before it, and then the violation is answered.

mod characters;
mod chunks;
mod head;
mod io;
mod refused_head;
mod target;
mod violation;

use crate::config::Limits;
use chunks::{ChunkLimits, ChunkScan};
use head::{Framing, HeadLimits, HeadScan};

pub(crate) use characters::{is_control, is_host_byte, is_token};
pub(crate) use head::decimal;
pub(crate) use io::GuardedIo;
pub(crate) use refused_head::RefusedHead;
pub(crate) use target::{is_authority, is_path};
pub(crate) use violation::Violation;

/// The position of a connection in its sequence of requests.
#[derive(Debug)]
enum State {
    Head(HeadScan),
    Body { left: u64 },
    Chunks(ChunkScan),
}

/// The guard's state machine, without a socket.
#[derive(Debug)]
pub(crate) struct Guard {
    state: State,
    head: HeadLimits,
    chunks: ChunkLimits,
}

/// The guard's judgement of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GuardProgress {
    /// The number of bytes that may pass.
    pub(crate) good: usize,
    /// The violation after them; with `None`, the rest is the beginning of a head.
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

    /// Judges `bytes`: those that did not pass the last time, and those received since.
    pub(crate) fn judge(&mut self, bytes: &[u8]) -> GuardProgress {
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
                    Err(violation) => return GuardProgress { good, violation: Some(violation) },
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
                        return GuardProgress { good: good + taken, violation: Some(violation) };
                    }
                },
            }
        }
        GuardProgress { good, violation: None }
    }
}

#[cfg(test)]
mod tests;
