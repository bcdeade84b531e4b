//! Streaming of files from the disk.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;
use tokio::task::{JoinHandle, spawn_blocking};

use super::config::CHUNK_BYTES;
use super::entry::Representation;
use crate::answer::body::LiveBody;

/// A part of a file as a stream; holds one piece of at most [`CHUNK_BYTES`] in memory.
///
/// During a read the file handle is on a blocking thread; between reads the stream holds it.
pub(crate) struct FileStream {
    state: State,
    /// The number of bytes still to be yielded.
    left: u64,
}

enum State {
    Idle(File),
    Reading(JoinHandle<io::Result<(File, Bytes)>>),
    Ended,
}

impl FileStream {
    /// Opens `length` bytes of a representation from `start` on.
    ///
    /// Errors: those of the disk, and one when the file is no longer the version that was looked up.
    pub(crate) async fn open(form: &Representation, start: u64, length: u64) -> io::Result<Self> {
        let (path, expected) = (form.path.clone(), (form.length, form.modified));
        let opened = spawn_blocking(move || {
            let mut file = File::open(path)?;
            let metadata = file.metadata()?;
            if (metadata.len(), metadata.modified()?) != expected {
                return Err(io::Error::other("the file has changed"));
            }
            file.seek(SeekFrom::Start(start))?;
            Ok(file)
        });
        let file = opened.await.map_err(io::Error::other)??;
        Ok(Self { state: State::Idle(file), left: length })
    }

    /// Polls for the next piece. A file that has become shorter ends in an error, so that the client notices the truncation.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if let State::Idle(_) = &self.state {
            self.state = match std::mem::replace(&mut self.state, State::Ended) {
                State::Idle(file) if self.left > 0 => State::Reading(read(file, self.left)),
                _ => State::Ended,
            };
        }
        let State::Reading(reading) = &mut self.state else { return Poll::Ready(None) };
        let piece =
            ready!(Pin::new(reading).poll(context)).unwrap_or_else(|error| Err(io::Error::other(error)));
        self.state = State::Ended;
        Poll::Ready(Some(piece.map(|(file, bytes)| {
            self.left -= bytes.len() as u64;
            self.state = State::Idle(file);
            bytes
        })))
    }
}

impl LiveBody for FileStream {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.poll_piece(cx).map_ok(Frame::data)
    }

    fn has_ended(&self) -> bool {
        self.left == 0
    }

    fn length(&self) -> Option<u64> {
        Some(self.left)
    }
}

fn read(mut file: File, left: u64) -> JoinHandle<io::Result<(File, Bytes)>> {
    let length = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
    spawn_blocking(move || {
        let mut piece = vec![0; length];
        file.read_exact(&mut piece)?;
        Ok((file, Bytes::from(piece)))
    })
}
