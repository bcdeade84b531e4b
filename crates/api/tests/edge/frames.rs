//! A client that sends exactly the frames of HTTP/2 that it is told to.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// One connection.
pub struct Http2Client {
    stream: TcpStream,
    read: Vec<u8>,
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The status and the body.
    Answer(u16, String),
    Reset(u32),
    GoneAway(u32),
    Closed,
}

/// A frame: kind, flags, stream, payload.
pub type Frame = (u8, u8, u32, Vec<u8>);

impl Http2Client {
    /// Connects and exchanges settings; `settings` are pairs of number and value.
    pub fn connect(port: u16, settings: &[(u16, u32)]) -> Self {
        let mut client = Self::open(port);
        let payload: Vec<u8> = settings
            .iter()
            .flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat())
            .collect();
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").frame(SETTINGS, 0, 0, &payload);
        client
    }

    /// Connects and sends `before` in front of the preface.
    pub fn connect_after(port: u16, before: &str) -> Self {
        let mut client = Self::open(port);
        client.send(before.as_bytes()).send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").frame(SETTINGS, 0, 0, &[]);
        client
    }

    fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    pub fn send(&mut self, bytes: &[u8]) -> &mut Self {
        let _ = self.stream.write_all(bytes);
        self
    }

    pub fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> &mut Self {
        self.send(&frame(kind, flags, stream, payload))
    }

    /// Sends a whole head.
    pub fn head(&mut self, stream: u32, flags: u8, fields: &[(&str, &str)]) -> &mut Self {
        self.frame(HEADERS, flags | END_HEADERS, stream, &block(fields))
    }

    /// Sends a GET without a body.
    pub fn get(&mut self, stream: u32, path: &str) -> &mut Self {
        self.head(
            stream,
            END_STREAM,
            &[(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", path)],
        )
    }

    /// The next frame; `None` when the connection closes.
    pub fn next_frame(&mut self) -> Option<Frame> {
        loop {
            if let Some(header) = self.read.first_chunk::<9>() {
                let [a, b, c, kind, flags, stream @ ..] = *header;
                let length = u32::from_be_bytes([0, a, b, c]) as usize;
                if self.read.len() >= 9 + length {
                    let payload = self.read[9..9 + length].to_vec();
                    self.read.drain(..9 + length);
                    return Some((kind, flags, u32::from_be_bytes(stream) & 0x7fff_ffff, payload));
                }
            }
            let mut buffer = vec![0; 64 << 10];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.read.extend_from_slice(&buffer[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                    return None;
                }
                Err(error) => panic!("nothing came within ten seconds: {error}"),
            }
        }
    }

    /// Reads until the stream, or the connection, ends; settings and pings are acknowledged.
    pub fn outcome(&mut self, stream: u32) -> Outcome {
        let (mut status, mut body) = (0, Vec::new());
        loop {
            let Some((kind, flags, of, payload)) = self.next_frame() else { return Outcome::Closed };
            match kind {
                SETTINGS | PING if flags & ACK == 0 => {
                    let answer = if kind == PING { payload } else { Vec::new() };
                    self.frame(kind, ACK, 0, &answer);
                    continue;
                }
                GOAWAY => {
                    let code = u32::from_be_bytes(*payload[4..].first_chunk().unwrap());
                    if code != 0 {
                        return Outcome::GoneAway(code);
                    }
                    continue;
                }
                RST_STREAM if of == stream => {
                    return Outcome::Reset(u32::from_be_bytes(*payload.first_chunk().unwrap()));
                }
                HEADERS if of == stream => status = status_of(&payload),
                DATA if of == stream => body.extend_from_slice(&payload),
                _ => continue,
            }
            if flags & END_STREAM != 0 {
                return Outcome::Answer(status, String::from_utf8(body).unwrap());
            }
        }
    }

    /// Reads until the server closes; returns the frames.
    pub fn rest(&mut self) -> Vec<Frame> {
        std::iter::from_fn(|| self.next_frame()).collect()
    }
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Encodes header fields as literals without indexing, as they are.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        for text in [name, value] {
            integer(text.len(), &mut out);
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

/// Encodes the length of a text. Source: RFC 7541, section 5.1.
fn integer(value: usize, out: &mut Vec<u8>) {
    if value < 127 {
        return out.push(u8::try_from(value).unwrap());
    }
    out.push(127);
    let mut rest = value - 127;
    while rest >= 128 {
        out.push(u8::try_from(rest % 128).unwrap() | 128);
        rest /= 128;
    }
    out.push(u8::try_from(rest).unwrap());
}

/// Reads the status from the first field of the connection's first response. Source: RFC 7541, appendix A and B.
fn status_of(block: &[u8]) -> u16 {
    let first = block.iter().position(|byte| byte & 0xe0 != 0x20).unwrap();
    match &block[first..] {
        [indexed @ 0x88..=0x8e, ..] => [200, 204, 206, 304, 400, 404, 500][usize::from(indexed - 0x88)],
        [_, length, text @ ..] if length & 0x80 != 0 => {
            let text = &text[..usize::from(length & 0x7f)];
            let mut bits = text.iter().flat_map(|byte| (0..8).rev().map(move |at| u16::from(byte >> at & 1)));
            let mut take = |count: usize| bits.by_ref().take(count).fold(0, |sum, bit| sum * 2 + bit);
            (0..3).fold(0, |status, _| {
                let head = take(5);
                let digit = if head < 3 { head } else { head * 2 + take(1) - 0x19 + 3 };
                status * 10 + digit
            })
        }
        [_, _, text @ ..] => std::str::from_utf8(&text[..3]).unwrap().parse().unwrap(),
        _ => panic!("no status: {block:?}"),
    }
}
