//! Violations of HTTP/1.1 that end a connection.

use bytes::Bytes;
use http::{Response, StatusCode};
use twinloop_runtime::Code;

use crate::answer::body::Body;
use crate::answer::reason::RefusalReason;
use crate::answer::refusal;

/// A violation in the bytes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Violation {
    RequestLine,
    Target,
    Version,
    Tunnel,
    LineEnd,
    Control,
    Folded,
    FieldName,
    HostMissing,
    HostRepeated,
    HostInvalid,
    HostDiffers,
    LengthInvalid,
    LengthRepeated,
    LengthAndCoding,
    CodingUnsupported,
    Chunk,
    ChunkExtension,
    Trailer,
    Truncated,
    HeadTooLarge,
    TooManyHeaders,
    HeadTimeout,
    NoTls,
}

impl Violation {
    /// The status of the response.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::HeadTooLarge | Self::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::HeadTimeout => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether the violation is in a body, whose request is already being answered.
    pub(crate) fn is_in_body(self) -> bool {
        matches!(self, Self::Chunk | Self::ChunkExtension | Self::Trailer)
    }

    fn reason(self) -> RefusalReason {
        match self {
            Self::HeadTooLarge | Self::TooManyHeaders => RefusalReason::HeadLimit,
            Self::HeadTimeout => RefusalReason::HeadTimeout,
            Self::NoTls => RefusalReason::Tls,
            _ => RefusalReason::Head,
        }
    }

    fn code(self) -> Code {
        match self {
            Self::HeadTooLarge | Self::TooManyHeaders => Code::OutOfRange,
            Self::HeadTimeout => Code::DeadlineExceeded,
            _ => Code::InvalidArgument,
        }
    }

    /// The message of the error; a text without quotation marks.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::RequestLine => "the request line is not `METHOD target HTTP/1.1`",
            Self::Target => "the request target is not well formed",
            Self::Version => "the protocol version is neither HTTP/1.1 nor HTTP/1.0",
            Self::Tunnel => "CONNECT is not served here",
            Self::LineEnd => "a line does not end with CR LF",
            Self::Control => "a header has a control character",
            Self::Folded => "a header is folded over several lines",
            Self::FieldName => "a header name is not a token followed by a colon",
            Self::HostMissing => "the host header is missing",
            Self::HostRepeated => "the host header occurs twice",
            Self::HostInvalid => "the host header is not a host",
            Self::HostDiffers => "the host header differs from the request target",
            Self::LengthInvalid => "the content-length is not a number",
            Self::LengthRepeated => "the content-length occurs twice",
            Self::LengthAndCoding => "the request has both content-length and transfer-encoding",
            Self::CodingUnsupported => "the transfer-encoding is not `chunked`, once, in HTTP/1.1",
            Self::Chunk => "a chunk is badly framed",
            Self::ChunkExtension => "the chunk extensions are too long",
            Self::Trailer => "the trailers are badly formed or too long",
            Self::Truncated => "the request ended within its head",
            Self::HeadTooLarge => "the request line and headers are too long",
            Self::TooManyHeaders => "the request has too many headers",
            Self::HeadTimeout => "the head of the request did not arrive in time",
            Self::NoTls => "this port speaks TLS: ask it by https",
        }
    }

    /// Makes the response, complete but for its request id; Hyper does not send it, since it saw no request.
    pub(crate) fn response(self) -> Response<Body> {
        let (code, message) = (self.code(), self.message());
        let body = format!(r#"{{"code":"{code}","message":"{message}","details":null}}"#);
        refusal::refused(self.status(), Bytes::from(body), self.reason())
    }
}
