//! A strict scanner for request heads.
//!
//! Hyper is lenient where a proxy in front may read the same bytes differently, which allows request smuggling. Every head is
//! therefore scanned first, line by line, and one that could be read in two ways never reaches Hyper.
//! Source: RFC 9112, sections 2.2, 3, 5 and 6.

use crate::guard::characters::{is_host_byte, is_token, plain_length};
use crate::guard::target;
use crate::guard::violation::Violation;

/// The framing of the body that follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// A body of this many bytes (`content-length`).
    Length(u64),
    /// A chunked body (`transfer-encoding`).
    Chunked,
}

/// The limits of a head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadLimits {
    pub(crate) bytes: usize,
    pub(crate) headers: usize,
}

/// A scan of a head that resumes when more bytes arrive.
///
/// Each byte is examined once, wherever the pieces are cut.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadScan {
    /// The position at which the current line begins.
    line: usize,
    /// The position of the next byte to examine.
    at: usize,
    /// The position of the current line's colon, once it was found.
    colon: Option<usize>,
    has_request_line: bool,
    is_http_10: bool,
    headers: usize,
    length: Option<u64>,
    chunked: bool,
    /// The range of the host in the head.
    host: Option<(usize, usize)>,
    /// The range of the authority of an absolute target.
    authority: Option<(usize, usize)>,
}

/// The result of one step of the scan.
#[derive(PartialEq, Eq)]
enum Step {
    /// More bytes are needed.
    Starved,
    /// The element is complete.
    Done,
    /// The empty line that ends the head was found.
    HeadEnd,
}

impl HeadScan {
    /// Scans on; `bytes` begins at the head's first byte on each call. Returns the head's length and the framing of its body, or
    /// `None` while the head is incomplete.
    pub(crate) fn scan(
        &mut self,
        bytes: &[u8],
        limits: HeadLimits,
    ) -> Result<Option<(usize, Framing)>, Violation> {
        let window = &bytes[..bytes.len().min(limits.bytes)];
        match self.walk(window, limits)? {
            Step::HeadEnd => self.framing(bytes).map(|framing| Some((self.at, framing))),
            _ if bytes.len() >= limits.bytes => Err(Violation::HeadTooLarge),
            _ => Ok(None),
        }
    }

    fn walk(&mut self, bytes: &[u8], limits: HeadLimits) -> Result<Step, Violation> {
        while !self.has_request_line {
            if self.first_line(bytes)? == Step::Starved {
                return Ok(Step::Starved);
            }
        }
        loop {
            let colon = match self.colon {
                Some(colon) => colon,
                None => match self.name(bytes)? {
                    Step::Done => self.at - 1,
                    other => return Ok(other),
                },
            };
            self.colon = Some(colon);
            if self.value(bytes)? == Step::Starved {
                return Ok(Step::Starved);
            }
            self.header(bytes, colon, limits)?;
            self.colon = None;
            self.at += 2;
            self.line = self.at;
        }
    }

    /// Scans the request line, or the one empty line that may precede it (RFC 9112, section 2.2).
    fn first_line(&mut self, bytes: &[u8]) -> Result<Step, Violation> {
        // Binary protocols such as TLS are refused at once and not by the time limit.
        if bytes.get(self.line).is_some_and(|&first| !is_token(first) && !matches!(first, b'\r' | b'\n')) {
            return Err(Violation::RequestLine);
        }
        let Some(found) = memchr::memchr(b'\n', &bytes[self.at..]) else {
            self.at = bytes.len();
            return Ok(Step::Starved);
        };
        let end = self.at + found;
        let start = self.line;
        let line = bytes[start..end].strip_suffix(b"\r").ok_or(Violation::LineEnd)?;
        self.line = end + 1;
        self.at = self.line;
        if !line.is_empty() {
            self.request_line(line, start)?;
        } else if start > 0 {
            return Err(Violation::RequestLine);
        }
        Ok(Step::Done)
    }

    /// Scans a field name with its colon.
    fn name(&mut self, bytes: &[u8]) -> Result<Step, Violation> {
        let rest = &bytes[self.at..];
        let Some(length) = rest.iter().position(|&byte| !is_token(byte)) else {
            self.at = bytes.len();
            return Ok(Step::Starved);
        };
        self.at += length;
        let is_empty = self.at == self.line;
        match rest[length] {
            b':' if !is_empty => {
                self.at += 1;
                Ok(Step::Done)
            }
            b'\r' if is_empty => match bytes.get(self.at + 1) {
                None => Ok(Step::Starved),
                Some(b'\n') => {
                    self.at += 2;
                    Ok(Step::HeadEnd)
                }
                Some(_) => Err(Violation::Control),
            },
            b'\n' => Err(Violation::LineEnd),
            b' ' | b'\t' if is_empty => Err(Violation::Folded),
            _ => Err(Violation::FieldName),
        }
    }

    /// Scans a field value with its line end.
    fn value(&mut self, bytes: &[u8]) -> Result<Step, Violation> {
        self.at += plain_length(&bytes[self.at..]);
        match bytes.get(self.at..) {
            None | Some([] | [b'\r']) => Ok(Step::Starved),
            Some([b'\r', b'\n', ..]) => Ok(Step::Done),
            Some([b'\n', ..]) => Err(Violation::LineEnd),
            Some(_) => Err(Violation::Control),
        }
    }

    fn request_line(&mut self, line: &[u8], start: usize) -> Result<(), Violation> {
        self.has_request_line = true;
        let method_length = line.iter().position(|&byte| !is_token(byte)).ok_or(Violation::RequestLine)?;
        let (method, rest) = line.split_at(method_length);
        let rest = rest.strip_prefix(b" ").ok_or(Violation::RequestLine)?;
        let target_length = memchr::memchr(b' ', rest).ok_or(Violation::RequestLine)?;
        let (target, version) = rest.split_at(target_length);
        if method.is_empty() || target.is_empty() {
            return Err(Violation::RequestLine);
        }
        self.is_http_10 = match version {
            b" HTTP/1.1" => false,
            b" HTTP/1.0" => true,
            _ => return Err(Violation::Version),
        };
        if method == b"CONNECT" {
            return Err(Violation::Tunnel);
        }
        let authority = target::read(method, target)?;
        let at = start + method_length + 1;
        self.authority = authority.map(|(from, to)| (at + from, at + to));
        Ok(())
    }

    /// Checks the header whose value ends at the current position.
    fn header(&mut self, bytes: &[u8], colon: usize, limits: HeadLimits) -> Result<(), Violation> {
        self.headers += 1;
        if self.headers > limits.headers {
            return Err(Violation::TooManyHeaders);
        }
        let (name, value) = (&bytes[self.line..colon], &bytes[colon + 1..self.at]);
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.host(value, colon + 1),
            14 if name.eq_ignore_ascii_case(b"content-length") => self.content_length(value),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.transfer_encoding(value),
            _ => Ok(()),
        }
    }

    fn host(&mut self, value: &[u8], start: usize) -> Result<(), Violation> {
        if self.host.is_some() {
            return Err(Violation::HostRepeated);
        }
        let trimmed = trim(value);
        if !trimmed.iter().all(|&byte| is_host_byte(byte)) {
            return Err(Violation::HostInvalid);
        }
        let before = value.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count();
        self.host = Some((start + before, start + before + trimmed.len()));
        Ok(())
    }

    fn content_length(&mut self, value: &[u8]) -> Result<(), Violation> {
        if self.length.is_some() {
            return Err(Violation::LengthRepeated);
        }
        self.length = Some(decimal(trim(value)).ok_or(Violation::LengthInvalid)?);
        Ok(())
    }

    fn transfer_encoding(&mut self, value: &[u8]) -> Result<(), Violation> {
        if self.chunked || self.is_http_10 || !trim(value).eq_ignore_ascii_case(b"chunked") {
            return Err(Violation::CodingUnsupported);
        }
        self.chunked = true;
        Ok(())
    }

    fn framing(&self, bytes: &[u8]) -> Result<Framing, Violation> {
        if self.host.is_none() && !self.is_http_10 {
            return Err(Violation::HostMissing);
        }
        if let (Some(authority), Some(host)) = (self.authority, self.host)
            && !bytes[authority.0..authority.1].eq_ignore_ascii_case(&bytes[host.0..host.1])
        {
            return Err(Violation::HostDiffers);
        }
        match (self.length, self.chunked) {
            (Some(_), true) => Err(Violation::LengthAndCoding),
            (None, true) => Ok(Framing::Chunked),
            (length, false) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }
}

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Parses a decimal number of 1 to 18 digits, without a sign.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    let fits = (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    fits.then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
