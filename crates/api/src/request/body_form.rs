//! Bodies that are not JSON: forms, multipart bodies, text and bytes.
#![allow(clippy::result_large_err, reason = "a refusal is a response, and is sent as it is")]

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::request::Parts as Head;
use http::{HeaderMap, Response, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use serde_json::{Value, json};
use twinloop_mailbox::Text;
use twinloop_runtime::{Core, Level};
use twinloop_schema::{FormFault, Parts, ReadField, RequestShape, as_read, form_fields};

use crate::answer::body::Body;
use crate::answer::refusal::{self, Refusal};
use crate::connection::link::Link;
use crate::request::body::{self, Arriving, Received};
use crate::request::budget::{Budget, Reservation};
use crate::request::content_type::MediaType;
use crate::request::multipart::receive::{ReceiveFault, ReceivedParts, receive};
use crate::request::upload::{StoredFile, UploadConfig, UploadFolder};

/// Most bytes of a boundary (RFC 2046, section 5.1.1).
const MAX_BOUNDARY_BYTES: usize = 70;

/// How an endpoint takes its body, where it is not JSON.
pub(crate) struct BodyForm {
    kind: BodyKind,
    uploads: UploadConfig,
    /// The field that the whole body is; `None` where it is the whole request.
    field: Option<String>,
}

enum BodyKind {
    Form,
    Multipart(UploadFolder),
    Text,
    Bytes,
}

/// A body that has arrived and is not validated yet.
pub(crate) enum ArrivedBody {
    Whole(Received),
    Parts(ReceivedParts, Reservation),
}

/// What stays in Rust of a body until its request is answered.
#[derive(Default)]
pub(crate) struct KeptBody {
    bytes: Bytes,
    files: Vec<StoredFile>,
    #[allow(dead_code, reason = "held until the request is answered")]
    share: Option<Reservation>,
}

impl KeptBody {
    /// The bytes of the body (`body`) or of a file in memory (`file:<number>`).
    pub(crate) fn bytes(&self, name: &str) -> Option<Bytes> {
        if name == "body" { Some(self.bytes.clone()) } else { self.file(name)?.bytes() }
    }

    /// The path of a file on the disk (`file:<number>`).
    pub(crate) fn path(&self, name: &str) -> Option<String> {
        self.file(name)?.path().map(|path| path.to_string_lossy().into_owned())
    }

    fn file(&self, name: &str) -> Option<&StoredFile> {
        self.files.get(name.strip_prefix("file:")?.parse::<usize>().ok()?)
    }
}

impl BodyForm {
    /// Reads the form from the `Place` of a request; `None` for a JSON body. The error is the end of a sentence.
    pub(crate) fn read(place: &Value, uploads: &UploadConfig) -> Result<Option<Self>, String> {
        let kind = match place.get("bodyAs").and_then(Value::as_str) {
            None => return Ok(None),
            Some("form") => BodyKind::Form,
            Some("multipart") => {
                let folder = UploadFolder::create(uploads.dir.as_deref());
                BodyKind::Multipart(folder.map_err(|error| format!("uploads cannot be stored: {error}"))?)
            }
            Some("text") => BodyKind::Text,
            Some("bytes") => BodyKind::Bytes,
            Some(other) => return Err(format!("{other} is no form of a body")),
        };
        let is_body = |field: &&Value| field.get("in").and_then(Value::as_str) == Some("body");
        let fields = place.get("fields").and_then(Value::as_array);
        let field = fields.and_then(|fields| fields.iter().find(is_body)).and_then(|field| field.get("name"));
        let field = field.and_then(Value::as_str).map(str::to_owned);
        Ok(Some(Self { kind, uploads: uploads.clone(), field }))
    }

    /// Receives the body; the error is the response that refuses it.
    pub(crate) async fn receive(
        &self,
        (core, bodies, link): (&Core, &Arc<Budget>, &Link),
        limit: u64,
        shape: &RequestShape,
        head: &Head,
        body: Incoming,
    ) -> Result<ArrivedBody, Response<Body>> {
        let media_type = if body.is_end_stream() { None } else { self.check_headers(&head.headers)? };
        let BodyKind::Multipart(folder) = &self.kind else {
            let read = body::read(body, limit, bodies, link).await;
            return read.map(ArrivedBody::Whole).map_err(Refusal::response);
        };
        let mut memory = bodies.share();
        let Some(boundary) = media_type.as_ref().and_then(boundary) else {
            return Ok(ArrivedBody::Parts(ReceivedParts::default(), memory));
        };
        let body = Arriving::long(body, link);
        let received = receive(body, limit, boundary, shape, (&self.uploads, folder), &mut memory).await;
        received.map(|parts| ArrivedBody::Parts(parts, memory)).map_err(|fault| refused(core, fault))
    }

    /// Validates a body that has arrived; the error is the response that refuses it.
    pub(crate) fn validate(
        &self,
        arrived: ArrivedBody,
        (shape, parts): (&RequestShape, &Parts<'_>),
        (head, invalid): (&Head, StatusCode),
        cookies: &[ReadField<'_>],
    ) -> Result<(Text, KeptBody), Response<Body>> {
        let Received { bytes, share: memory } = match arrived {
            ArrivedBody::Whole(received) => received,
            ArrivedBody::Parts(received, memory) => {
                let text = validated((shape, invalid), parts, cookies, received.fields())?;
                let files = received.into_files();
                return Ok((text, KeptBody { bytes: Bytes::new(), files, share: Some(memory) }));
            }
        };
        let text = match self.kind {
            BodyKind::Form | BodyKind::Multipart(_) => self.form((shape, parts), invalid, cookies, &bytes)?,
            BodyKind::Text => {
                let text = std::str::from_utf8(&bytes).map_err(|_| Refusal::BAD_TEXT.response())?;
                let is_marked = self.field.is_some() && shape.is_tagged() && text.starts_with('\0');
                let text = if is_marked { Cow::Owned(format!("\0s{text}")) } else { Cow::Borrowed(text) };
                let sent_as = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
                self.whole(
                    (shape, parts),
                    invalid,
                    cookies,
                    &json!({ "text": text, "type": sent_as }).to_string(),
                )?
            }
            BodyKind::Bytes => self.whole((shape, parts), invalid, cookies, "null")?,
        };
        let bytes = if matches!(self.kind, BodyKind::Bytes) { bytes } else { Bytes::new() };
        Ok((text, KeptBody { bytes, files: Vec::new(), share: memory }))
    }

    fn form(
        &self,
        (shape, parts): (&RequestShape, &Parts<'_>),
        invalid: StatusCode,
        cookies: &[ReadField<'_>],
        bytes: &[u8],
    ) -> Result<Text, Response<Body>> {
        let fields = form_fields(bytes, self.uploads.max_fields).map_err(|fault| {
            match fault {
                FormFault::TooManyFields => Refusal::TOO_MANY_FIELDS,
                FormFault::UnreadableName => Refusal::BAD_FORM,
            }
            .response()
        })?;
        validated((shape, invalid), parts, cookies, as_read(&fields))
    }

    /// The text of a request whose body is described as `described`.
    fn whole(
        &self,
        (shape, parts): (&RequestShape, &Parts<'_>),
        invalid: StatusCode,
        cookies: &[ReadField<'_>],
        described: &str,
    ) -> Result<Text, Response<Body>> {
        let Some(name) = &self.field else { return Ok(Text::from(described)) };
        let field = ReadField { name, text: Some(Cow::Borrowed(described)) };
        validated((shape, invalid), parts, cookies, vec![field])
    }

    /// Checks the headers of a body before any of it is read.
    fn check_headers<'h>(&self, headers: &'h HeaderMap) -> Result<Option<MediaType<'h>>, Response<Body>> {
        let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
        if !encodings.all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Refusal::ENCODED.response());
        }
        let mut types = headers.get_all(CONTENT_TYPE).iter();
        let (first, second) = (types.next(), types.next());
        let media_type =
            first.filter(|_| second.is_none()).and_then(|only| MediaType::parse(only.as_bytes()));
        let (fits, refusal) = match (&self.kind, &media_type) {
            (BodyKind::Bytes, _) => (true, Refusal::NOT_TEXT),
            (BodyKind::Text, found) => (
                first.is_none() || found.as_ref().is_some_and(|found| found.is("text", "*")),
                Refusal::NOT_TEXT,
            ),
            (BodyKind::Form, found) => {
                let fits =
                    found.as_ref().is_some_and(|found| found.is("application", "x-www-form-urlencoded"));
                (fits, Refusal::NOT_FORM)
            }
            (BodyKind::Multipart(_), found) => {
                (found.as_ref().is_some_and(has_boundary), Refusal::NOT_MULTIPART)
            }
        };
        if fits { Ok(media_type) } else { Err(refusal.response()) }
    }
}

fn has_boundary(found: &MediaType<'_>) -> bool {
    found.is("multipart", "form-data") && boundary(found).is_some()
}

/// The boundary, where it is one (RFC 2046, section 5.1.1).
fn boundary<'h>(found: &MediaType<'h>) -> Option<&'h [u8]> {
    let boundary = found.parameter("boundary")?;
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(byte);
    let fits = (1..=MAX_BOUNDARY_BYTES).contains(&boundary.len()) && boundary.iter().all(is_plain);
    (fits && !boundary.ends_with(b" ")).then_some(boundary)
}

/// Validates fields that were read from a body, and writes the text of the request; `invalid` is the status of a misfit.
fn validated<'f>(
    (shape, invalid): (&RequestShape, StatusCode),
    parts: &Parts<'_>,
    cookies: &[ReadField<'f>],
    mut fields: Vec<ReadField<'f>>,
) -> Result<Text, Response<Body>> {
    fields.extend_from_slice(cookies);
    let mut bytes = Vec::new();
    match shape.read_with(parts, &fields, b"", &mut bytes) {
        Ok(text) => Ok(Text { bytes, ascii: text.ascii, tagged: text.tagged, framed: false }),
        Err(issues) => Err(refusal::invalid_input(&issues, invalid)),
    }
}

fn refused(core: &Core, fault: ReceiveFault) -> Response<Body> {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    let error = match fault {
        ReceiveFault::Refused(refusal) => return refusal.response(),
        ReceiveFault::Disk(error) => error,
    };
    core.log(
        Level::Error,
        "failed to store an upload: the disk refused it",
        &json!({ "error": error.to_string() }),
    );
    let is_full = matches!(error.kind(), StorageFull | QuotaExceeded);
    if is_full { Refusal::NO_SPACE } else { Refusal::NOT_STORED }.response()
}
