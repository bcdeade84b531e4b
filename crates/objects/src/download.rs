//! A download in pieces, at the pace of its reader.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::Mutex;
use tokio::time::timeout;
use twinloop_runtime::Failure;

use crate::bucket::{Attributes, Bucket};
use crate::failure::{of_store, too_late};
use crate::key::shown;

/// Bytes in one piece, exceeded by at most what the store gives at once.
const PIECE_BYTES: usize = 256 << 10;
/// How long a store may send nothing.
const SILENCE: Duration = Duration::from_secs(30);

/// An object that is being downloaded; what is not asked for stays with the store.
pub struct Download {
    /// The attributes of the object.
    pub attributes: Attributes,
    state: Mutex<State>,
}

enum State {
    Open(BoxStream<'static, object_store::Result<Bytes>>),
    /// All bytes were given.
    Ended,
    /// A read has failed, or was given up: how much of the stream it took is not known.
    Broken,
}

impl Download {
    /// Begins a download.
    ///
    /// Errors: `not_found`.
    pub async fn begin(bucket: &Bucket, key: &str, version: Option<String>) -> Result<Self, Failure> {
        let found = bucket.get(key, bucket.get_options(version)?).await?;
        let attributes = bucket.described(key, &found.meta, &found.attributes).await;
        Ok(Self { attributes, state: Mutex::new(State::Open(found.into_stream())) })
    }

    /// The next bytes, about 256 KiB; empty at the end.
    ///
    /// Errors: `unavailable` for a store that sends nothing for 30 s; those of the store; `failed_precondition` after an error.
    pub async fn read(&self) -> Result<Bytes, Failure> {
        let mut state = self.state.lock().await;
        match std::mem::replace(&mut *state, State::Broken) {
            State::Ended => {
                *state = State::Ended;
                Ok(Bytes::new())
            }
            State::Broken => {
                let message = format!("the download of {} has failed: begin another", self.name());
                Err(Failure::failed_precondition(message))
            }
            State::Open(mut stream) => {
                let (piece, is_last) = self.piece(&mut stream).await?;
                *state = if is_last { State::Ended } else { State::Open(stream) };
                Ok(piece)
            }
        }
    }

    /// The next bytes, and whether they are the last.
    async fn piece(
        &self,
        stream: &mut BoxStream<'static, object_store::Result<Bytes>>,
    ) -> Result<(Bytes, bool), Failure> {
        let doing = || format!("reading {} failed", self.name());
        let mut piece = BytesMut::new();
        while piece.len() < PIECE_BYTES {
            let next = timeout(SILENCE, stream.next()).await;
            let next = next.map_err(|_| too_late(&doing(), SILENCE.as_secs()))?;
            match next.transpose().map_err(|error| of_store(&doing(), &error))? {
                None => return Ok((piece.freeze(), true)),
                // What comes in one piece is not copied.
                Some(bytes) if piece.is_empty() && bytes.len() >= PIECE_BYTES => return Ok((bytes, false)),
                Some(bytes) => piece.extend_from_slice(&bytes),
            }
        }
        Ok((piece.freeze(), false))
    }

    fn name(&self) -> String {
        shown(&self.attributes.name)
    }
}
