//! An upload in pieces: bounded memory, nothing visible before its end.

use bytes::Bytes;
use object_store::path::Path;
use object_store::{PutMultipartOptions, PutPayload, PutPayloadMut, WriteMultipart};
use tokio::sync::Mutex;
use twinloop_runtime::{Code, Failure};

use crate::bucket::{Attributes, Bucket, UploadOptions, already_exists, upload_failed};
use crate::key::shown;

/// Bytes in one part of a multipart upload. S3 takes at most 10 000 parts, so an object has at most 78 GiB.
pub const PART_BYTES: usize = 8 << 20;
/// Parts of one upload that are under way; with the one that fills up an upload holds at most 24 MiB.
const PARTS_IN_FLIGHT: usize = 2;
const MAX_PARTS: u64 = 10_000;
/// The most bytes of an upload that must not replace anything: such an upload goes in one request, which alone can be conditional everywhere.
const CONDITIONAL_BYTES: usize = 64 << 20;
/// The bytes above which an upload that must not replace anything first asks whether there is something.
const ASKED_FIRST_BYTES: u64 = 64 << 10;

/// An object that is being uploaded.
///
/// Pieces are gathered until they fill a part. An object that ends before is uploaded in one request; a longer one in parts, two
/// at a time, and becomes visible as a whole when [`finish`](Self::finish) is done.
pub struct Upload {
    /// The bucket that gets the object.
    bucket: Bucket,
    /// The object's key.
    key: String,
    /// The key as the store has it, with the bucket's prefix.
    path: Path,
    /// Content type and conditions.
    options: UploadOptions,
    /// What has arrived, and what the store has taken.
    state: Mutex<State>,
}

enum State {
    /// All of it is in memory.
    Gathering(PutPayloadMut),
    /// Parts are being sent.
    Sending { parts: WriteMultipart, sent: u64 },
    /// Finished, failed or given up.
    Ended,
}

impl Upload {
    /// Begins an upload; nothing is sent yet.
    ///
    /// Errors: `invalid_argument` for the key.
    pub fn begin(bucket: Bucket, key: &str, options: UploadOptions) -> Result<Self, Failure> {
        let path = bucket.path(key)?;
        let state = Mutex::new(State::Gathering(PutPayloadMut::new()));
        Ok(Self { bucket, key: key.to_owned(), path, options, state })
    }

    /// Takes the next bytes; returns when there is room for more.
    ///
    /// Errors: `out_of_range` for more than 78 GiB, or 64 MiB where the upload must not replace anything; those of the store. A
    /// failed upload is given up, and leaves nothing visible.
    pub async fn write(&self, bytes: Bytes) -> Result<(), Failure> {
        let mut state = self.state.lock().await;
        let taken = self.take(&mut state, bytes).await;
        if taken.is_err()
            && let State::Sending { parts, .. } = std::mem::replace(&mut *state, State::Ended)
        {
            give_up(parts).await;
        }
        taken
    }

    async fn take(&self, state: &mut State, bytes: Bytes) -> Result<(), Failure> {
        match state {
            State::Gathering(gathered) => {
                gathered.push(bytes);
                let length = gathered.content_length();
                if self.options.not_exists && length > CONDITIONAL_BYTES {
                    return Err(too_long_to_be_conditional(&self.key));
                }
                if !self.options.not_exists && length >= PART_BYTES {
                    let gathered = std::mem::take(gathered).freeze();
                    *state = self.begin_parts(gathered).await?;
                }
                Ok(())
            }
            State::Sending { parts, sent } => {
                *sent += bytes.len() as u64;
                if *sent > MAX_PARTS * PART_BYTES as u64 {
                    return Err(too_long(&self.key));
                }
                let room = parts.wait_for_capacity(PARTS_IN_FLIGHT).await;
                room.map_err(|error| upload_failed(&self.key, &error))?;
                parts.put(bytes);
                Ok(())
            }
            State::Ended => Err(ended(&self.key)),
        }
    }

    async fn begin_parts(&self, gathered: PutPayload) -> Result<State, Failure> {
        let attributes = self.bucket.kept(&self.options);
        let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        let upload = self.bucket.store.objects.put_multipart_opts(&self.path, options).await;
        let upload = upload.map_err(|error| upload_failed(&self.key, &error))?;
        let mut parts = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        let sent = gathered.content_length() as u64;
        for bytes in gathered {
            parts.put(bytes);
        }
        Ok(State::Sending { parts, sent })
    }

    /// Makes the object visible, and says what is known of it.
    ///
    /// Errors: `already_exists`; those of the store. A failed upload leaves nothing visible.
    pub async fn finish(&self) -> Result<Attributes, Failure> {
        let state = std::mem::replace(&mut *self.state.lock().await, State::Ended);
        let (put, size) = match state {
            State::Gathering(gathered) => {
                let size = gathered.content_length() as u64;
                if self.options.not_exists && size > ASKED_FIRST_BYTES {
                    self.check_that_none_is_there().await?;
                }
                (self.bucket.put_payload(&self.path, gathered.freeze(), &self.options).await, size)
            }
            State::Sending { parts, sent } => (parts.finish().await, sent),
            State::Ended => return Err(ended(&self.key)),
        };
        let put = put.map_err(|error| upload_failed(&self.key, &error))?;
        self.bucket.uploaded(&self.key, &self.path, put, size, &self.options).await
    }

    /// Asks before the bytes go out. A store refuses a conditional upload at its head and may cut the connection while the body is
    /// still being sent, which can look like a broken network.
    async fn check_that_none_is_there(&self) -> Result<(), Failure> {
        match self.bucket.exists(&self.key, None).await {
            Ok(true) => Err(already_exists(&self.key)),
            Ok(false) => Ok(()),
            Err(failure) if failure.code == Code::PermissionDenied => Ok(()), // May write, and not read.
            Err(failure) => Err(failure),
        }
    }

    /// Gives the upload up, and has the store drop what it was sent. Idempotent.
    pub async fn abort(&self) {
        let state = std::mem::replace(&mut *self.state.lock().await, State::Ended);
        if let State::Sending { parts, .. } = state {
            give_up(parts).await;
        }
    }
}

/// Asks the store to drop the parts; what the store does not drop now, its own rule for incomplete uploads drops later.
async fn give_up(parts: WriteMultipart) {
    let _ = parts.abort().await;
}

fn ended(key: &str) -> Failure {
    Failure::failed_precondition(format!("the upload of {} has ended: begin another", shown(key)))
}

fn too_long(key: &str) -> Failure {
    let message = format!("{} has more than 78 GiB, the most an object may have: divide it", shown(key));
    Failure::new(Code::OutOfRange, message)
}

fn too_long_to_be_conditional(key: &str) -> Failure {
    let hint = "upload it without preconditions.notExists, or under a key of its own";
    let message = format!("{} has more than 64 MiB, and no condition holds for so much: {hint}", shown(key));
    Failure::new(Code::OutOfRange, message)
}
