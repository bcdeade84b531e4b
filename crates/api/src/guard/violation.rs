//! Why a connection is not listened to any further.

use bytes::Bytes;
use http::StatusCode;

/// What is wrong with the bytes of a connection.
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
}

impl Violation {
    /// The status that says so.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::HeadTooLarge | Self::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::HeadTimeout => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether it lies in a body, whose request is already being answered.
    pub(crate) fn is_in_body(self) -> bool {
        matches!(self, Self::Chunk | Self::ChunkExtension | Self::Trailer)
    }

    fn code(self) -> &'static str {
        match self {
            Self::HeadTooLarge | Self::TooManyHeaders => "out_of_range",
            Self::HeadTimeout => "deadline_exceeded",
            _ => "invalid_argument",
        }
    }

    fn message(self) -> &'static str {
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
        }
    }

    /// The whole response, after which the connection closes.
    pub(crate) fn response(self, request_id: &str) -> Bytes {
        let (status, code, message) = (self.status(), self.code(), self.message());
        let body = format!(r#"{{"code":"{code}","message":"{message}","details":null}}"#);
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\
             x-request-id: {request_id}\r\ndate: {}\r\n\r\n",
            body.len(),
            httpdate::fmt_http_date(std::time::SystemTime::now()),
        );
        Bytes::from(head + &body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_response_is_complete_and_json() {
        let response = String::from_utf8(Violation::LengthAndCoding.response("1f").to_vec()).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"));
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())));
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "invalid_argument");
    }
}
