//! The head of a request, read strictly.
//!
//! Hyper is lenient where a proxy in front may read the same bytes differently; that difference is request smuggling. So
//! every head is scanned here first, line by line, and one that could be read in two ways never reaches Hyper.
//! Source: RFC 9112, sections 2.2, 3, 5 and 6.

use crate::guard::target;
use crate::guard::violation::Violation;

/// How the body that follows a head is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// Bounds of a head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadLimits {
    pub(crate) bytes: usize,
    pub(crate) headers: usize,
}

/// A scan that can be taken up again when more bytes have come.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadScan {
    /// Where the line begins that is not yet complete.
    line: usize,
    /// Up to where no line feed was found.
    searched: usize,
    has_request_line: bool,
    is_http_10: bool,
    headers: usize,
    length: Option<u64>,
    chunked: bool,
    /// Where the host stands in the head.
    host: Option<(usize, usize)>,
    /// Where the authority of an absolute target stands.
    authority: Option<(usize, usize)>,
}

impl HeadScan {
    /// Scans on; `bytes` begins where the head begins, every time. Returns the head's length and what follows it, or `None`
    /// when its end has not come yet.
    pub(crate) fn scan(
        &mut self,
        bytes: &[u8],
        limits: HeadLimits,
    ) -> Result<Option<(usize, Framing)>, Violation> {
        while let Some(found) = memchr::memchr(b'\n', &bytes[self.searched..]) {
            let end = self.searched + found;
            if end >= limits.bytes {
                return Err(Violation::HeadTooLarge);
            }
            let start = self.line;
            let Some(line) = bytes[start..end].strip_suffix(b"\r") else { return Err(Violation::LineEnd) };
            self.line = end + 1;
            self.searched = self.line;
            if !self.has_request_line {
                // One empty line may precede a request: clients have been known to end a body with it.
                if !line.is_empty() {
                    self.request_line(line, start)?;
                } else if start > 0 {
                    return Err(Violation::RequestLine);
                }
            } else if line.is_empty() {
                return self.framing(bytes).map(|framing| Some((self.line, framing)));
            } else {
                self.header(line, start, limits)?;
            }
        }
        self.searched = bytes.len();
        if bytes.len() >= limits.bytes {
            return Err(Violation::HeadTooLarge);
        }
        // Binary protocols, TLS above all, are told at once and not when time is over.
        match bytes.get(self.line) {
            Some(&first) if !self.has_request_line && first != b'\r' && !is_token(first) => {
                Err(Violation::RequestLine)
            }
            _ => Ok(None),
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

    fn header(&mut self, line: &[u8], start: usize, limits: HeadLimits) -> Result<(), Violation> {
        self.headers += 1;
        if self.headers > limits.headers {
            return Err(Violation::TooManyHeaders);
        }
        let name_length = line.iter().position(|&byte| !is_token(byte)).ok_or(Violation::FieldName)?;
        let (name, rest) = line.split_at(name_length);
        if name.is_empty() || rest[0] != b':' {
            return Err(if matches!(line[0], b' ' | b'\t') {
                Violation::Folded
            } else {
                Violation::FieldName
            });
        }
        let value = &rest[1..];
        if has_control(value) {
            return Err(Violation::Control);
        }
        match name_length {
            4 if name.eq_ignore_ascii_case(b"host") => self.host(value, start + name_length + 1),
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
        if !trimmed.iter().all(|&byte| target::is_host_byte(byte)) {
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

const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut rest: &[u8] = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    while let [byte, after @ ..] = rest {
        table[*byte as usize] = true;
        rest = after;
    }
    table
};

/// Source: RFC 9110, section 5.6.2.
pub(crate) fn is_token(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

/// Whether a byte is a control character that no field value may have: all but the tab.
pub(crate) fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}

/// Without an early exit, so that it is done many bytes at a time.
fn has_control(value: &[u8]) -> bool {
    value.iter().fold(false, |found, &byte| found | is_control(byte))
}

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Digits only, at most 18: no sign, no overflow.
fn decimal(digits: &[u8]) -> Option<u64> {
    let fits = (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    fits.then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
