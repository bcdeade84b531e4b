//! Finds where an HTTP/1.1 response ends in a buffer of bytes.

/// Enough for any server in the benchmark.
const MAX_HEADERS: usize = 32;

/// One complete response at the start of a buffer.
#[derive(Debug, PartialEq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Head and body together.
    pub(crate) bytes: usize,
    /// The server will close the connection after it.
    pub(crate) closes: bool,
}

impl Response {
    /// Reads the response at the start of `buffer`; `None` while it is not complete.
    ///
    /// Errors: what is not HTTP/1.1, or has neither a content length nor chunks.
    pub(crate) fn read(buffer: &[u8]) -> Result<Option<Self>, String> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        let head = match parsed.parse(buffer) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(format!("the answer is not HTTP: {error}")),
        };
        let status = parsed.code.unwrap_or_default();
        let mut length = matches!(status, 204 | 304).then_some(0);
        let mut chunked = false;
        let mut closes = false;
        for header in parsed.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                length = Some(decimal(header.value).ok_or("the answer's content-length is no number")?);
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = header.value.eq_ignore_ascii_case(b"chunked");
            } else if header.name.eq_ignore_ascii_case("connection") {
                closes = header.value.eq_ignore_ascii_case(b"close");
            }
        }
        let rest = &buffer[head..];
        let body = match length {
            _ if chunked => chunks_length(rest)?,
            Some(length) => (rest.len() >= length).then_some(length),
            None => return Err("the answer has neither a content-length nor chunks".to_owned()),
        };
        Ok(body.map(|body| Self { status, bytes: head + body, closes }))
    }
}

fn decimal(text: &[u8]) -> Option<usize> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The length of a chunked body with its framing; `None` while it is not complete.
fn chunks_length(body: &[u8]) -> Result<Option<usize>, String> {
    let mut at = 0;
    loop {
        match httparse::parse_chunk_size(&body[at..]) {
            Ok(httparse::Status::Complete((line, size))) => {
                let size = usize::try_from(size).map_err(|_| "a chunk of the answer is too large")?;
                // A last chunk of size 0 is followed by an empty line, as every chunk's data is.
                at = at.saturating_add(line).saturating_add(size).saturating_add(2);
                if at > body.len() {
                    return Ok(None);
                }
                if size == 0 {
                    return Ok(Some(at));
                }
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err("the answer's chunks are malformed".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Response;

    const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const CHUNKED: &[u8] = b"HTTP/1.1 400 Bad\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n";

    #[test]
    fn finds_the_end_by_length_and_by_chunks() {
        let plain = Response { status: 200, bytes: PLAIN.len(), closes: false };
        assert_eq!(Response::read(&[PLAIN, b"HTTP"].concat()).unwrap(), Some(plain));
        let chunked = Response { status: 400, bytes: CHUNKED.len(), closes: false };
        assert_eq!(Response::read(CHUNKED).unwrap(), Some(chunked));
    }

    #[test]
    fn waits_for_every_missing_byte() {
        for whole in [PLAIN, CHUNKED] {
            for length in 0..whole.len() {
                assert_eq!(Response::read(&whole[..length]).unwrap(), None, "{length} bytes");
            }
        }
    }

    #[test]
    fn sees_an_answer_without_a_body_and_one_that_closes() {
        let bytes = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
        let expected = Response { status: 204, bytes: bytes.len(), closes: true };
        assert_eq!(Response::read(bytes).unwrap(), Some(expected));
    }

    #[test]
    fn refuses_what_it_cannot_delimit() {
        assert!(Response::read(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(Response::read(b"SSH-2.0-x\r\n").is_err());
        assert!(Response::read(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n").is_err());
    }
}
