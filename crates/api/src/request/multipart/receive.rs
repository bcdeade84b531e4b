//! The parts of one multipart body, each received to its place.

use std::borrow::Cow;
use std::io;

use bytes::Bytes;
use serde_json::json;
use twinloop_schema::{BodyPart, ReadField, RequestShape};

use super::part_head::{PartHead, safe_file_name};
use super::splitter::{PartEvent, Splitter};
use crate::answer::refusal::Refusal;
use crate::request::body::Arriving;
use crate::request::budget::Reservation;
use crate::request::upload::{IncomingFile, StoredFile, UploadConfig, UploadFolder, WRITE_BYTES};

/// Why a multipart body was not received.
#[derive(Debug)]
pub(crate) enum ReceiveFault {
    Refused(Refusal),
    /// A file could not be written.
    Disk(io::Error),
}

impl From<Refusal> for ReceiveFault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for ReceiveFault {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// The declared parts of a body.
#[derive(Default)]
pub(crate) struct ReceivedParts {
    texts: Vec<(String, Vec<u8>)>,
    files: Vec<ReceivedFile>,
    /// The fields that were sent text in place of a file, or a file in place of text.
    misplaced: Vec<String>,
}

struct ReceivedFile {
    field: String,
    name: String,
    media_type: Option<String>,
    stored: StoredFile,
}

impl ReceivedParts {
    /// The parts as a shape takes them; a file is described by its name, type, size and number.
    pub(crate) fn fields(&self) -> Vec<ReadField<'_>> {
        let texts = self.texts.iter().map(|(name, bytes)| {
            let text = std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
            ReadField { name, text }
        });
        let files = self.files.iter().enumerate().map(|(number, file)| {
            let described = json!({
                "name": file.name,
                "type": file.media_type,
                "size": file.stored.length(),
                "number": number,
            });
            ReadField { name: &file.field, text: Some(Cow::Owned(described.to_string())) }
        });
        let misplaced = self.misplaced.iter().map(|name| ReadField { name, text: None });
        texts.chain(files).chain(misplaced).collect()
    }

    /// The files, in the order of their numbers.
    pub(crate) fn into_files(self) -> Vec<StoredFile> {
        self.files.into_iter().map(|file| file.stored).collect()
    }
}

/// Receives a body of at most `limit` bytes. Parts that the shape does not declare are passed over; they count.
pub(crate) async fn receive(
    mut body: Arriving<'_>,
    limit: u64,
    boundary: &[u8],
    shape: &RequestShape,
    (config, folder): (&UploadConfig, &UploadFolder),
    memory: &mut Reservation,
) -> Result<ReceivedParts, ReceiveFault> {
    if body.announced() > limit {
        return Err(Refusal::BODY_TOO_LARGE.into());
    }
    let mut splitter = Splitter::new(boundary);
    let mut receiver = Receiver {
        shape,
        config,
        folder,
        memory,
        parts: ReceivedParts::default(),
        current: Current::Nothing,
        held: 0,
        counts: (0, 0),
    };
    while let Some(bytes) = body.next(limit).await? {
        splitter.feed(&bytes);
        while let Some(event) = splitter.next().map_err(|_| Refusal::BAD_MULTIPART)? {
            match event {
                PartEvent::Begin(head) => receiver.begin(head)?,
                PartEvent::Data(bytes) => receiver.add(&bytes).await?,
                PartEvent::End => receiver.end().await?,
            }
        }
    }
    if splitter.is_finished() { Ok(receiver.parts) } else { Err(Refusal::BAD_MULTIPART.into()) }
}

struct Receiver<'r> {
    shape: &'r RequestShape,
    config: &'r UploadConfig,
    folder: &'r UploadFolder,
    memory: &'r mut Reservation,
    parts: ReceivedParts,
    current: Current,
    /// Bytes of the parts in memory.
    held: u64,
    /// The numbers of fields and of files so far, undeclared ones included.
    counts: (usize, usize),
}

/// The part under way.
enum Current {
    Nothing,
    /// A part that the shape does not declare.
    Passed,
    Text(String, Vec<u8>),
    File(PartHead, IncomingFile),
    /// Text in place of a file, or a file in place of text, with whether it has any bytes.
    Misplaced(PartHead, bool),
}

impl Receiver<'_> {
    fn begin(&mut self, head: PartHead) -> Result<(), Refusal> {
        let (fields, files) = &mut self.counts;
        if head.file_name.is_some() {
            *files += 1;
            if *files > self.config.max_files {
                return Err(Refusal::TOO_MANY_FILES);
            }
        } else {
            *fields += 1;
            if *fields > self.config.max_fields {
                return Err(Refusal::TOO_MANY_FIELDS);
            }
        }
        self.current = match self.shape.body_part(&head.name) {
            Some(BodyPart::Text) if head.file_name.is_none() => Current::Text(head.name, Vec::new()),
            Some(BodyPart::File) if head.file_name.is_some() => Current::File(head, IncomingFile::default()),
            Some(_) => Current::Misplaced(head, false),
            None => Current::Passed,
        };
        Ok(())
    }

    async fn add(&mut self, bytes: &Bytes) -> Result<(), ReceiveFault> {
        match &mut self.current {
            Current::Nothing | Current::Passed => {}
            Current::Misplaced(_, has_bytes) => *has_bytes = true,
            Current::Text(_, text) => {
                if text.len() + bytes.len() > self.config.max_field_bytes {
                    return Err(Refusal::FIELD_TOO_LARGE.into());
                }
                self.held += bytes.len() as u64;
                self.memory.grow(self.held)?;
                text.extend_from_slice(bytes);
            }
            Current::File(_, upload) => {
                let length = upload.length() + bytes.len() as u64;
                if self.config.max_file_bytes.is_some_and(|most| length > most) {
                    return Err(Refusal::FILE_TOO_LARGE.into());
                }
                let in_memory = length <= self.config.memory_bytes;
                let buffer = if in_memory { length } else { WRITE_BYTES as u64 };
                self.memory.grow(self.held + buffer)?;
                upload.add(bytes, in_memory, self.folder).await?;
            }
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), ReceiveFault> {
        match std::mem::replace(&mut self.current, Current::Nothing) {
            Current::Nothing | Current::Passed => {}
            Current::Text(name, text) => self.parts.texts.push((name, text)),
            Current::Misplaced(head, has_bytes) => {
                if has_bytes || !head.is_unchosen_file() {
                    self.parts.misplaced.push(head.name);
                }
            }
            Current::File(head, upload) => {
                let stored = upload.finish().await?;
                self.held += stored.bytes_in_memory();
                if !(head.is_unchosen_file() && stored.length() == 0) {
                    let file_name = head.file_name.unwrap_or_default();
                    self.parts.files.push(ReceivedFile {
                        field: head.name,
                        name: safe_file_name(&file_name),
                        media_type: head.media_type,
                        stored,
                    });
                }
            }
        }
        Ok(())
    }
}
