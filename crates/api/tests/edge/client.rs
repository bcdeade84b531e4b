//! A client that sends exactly the bytes it is told to.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use socket2::SockRef;

/// One connection.
pub struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

/// One response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named =
            |line: &&str| line.split_once(": ").is_some_and(|(key, _)| key.eq_ignore_ascii_case(name));
        self.head.lines().find(named).and_then(|line| line.split_once(": ")).map(|(_, value)| value)
    }

    /// The `code` of an error.
    pub fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        assert!(body["message"].is_string() && body.get("details").is_some(), "{body}");
        body["code"].as_str().unwrap().to_owned()
    }
}

impl Client {
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        // A server that has refused may have closed already.
        let _ = self.stream.write_all(bytes.as_ref());
        self
    }

    /// Sends byte by byte.
    pub fn drip(&mut self, bytes: impl AsRef<[u8]>, pause: Duration) -> &mut Self {
        for byte in bytes.as_ref() {
            if self.stream.write_all(&[*byte]).is_err() {
                break;
            }
            std::thread::sleep(pause);
        }
        self
    }

    /// Closes the sending side.
    pub fn finish(&mut self) -> &mut Self {
        self.stream.shutdown(Shutdown::Write).unwrap();
        self
    }

    /// Ends the connection by a reset.
    pub fn reset(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    fn fill(&mut self) -> bool {
        let mut buffer = vec![0; 64 << 10];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.read.extend_from_slice(&buffer[..count]);
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("nothing came within ten seconds: {error}"),
        }
    }

    /// The next bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.read.len() < count {
            assert!(self.fill(), "the connection closed: {:?}", String::from_utf8_lossy(&self.read));
        }
        self.read.drain(..count).collect()
    }

    /// Sends until nothing more is taken for a while; gives how many bytes were.
    pub fn send_until_blocked(&mut self, bytes: &[u8], during: Duration) -> usize {
        self.stream.set_write_timeout(Some(during)).unwrap();
        let mut sent = 0;
        while sent < bytes.len() {
            match self.stream.write(&bytes[sent..]) {
                Ok(count) => sent += count,
                Err(_) => break,
            }
        }
        sent
    }

    /// The next response to a request that has a body in its response.
    pub fn response(&mut self) -> Response {
        self.response_to("GET")
    }

    /// The next response to a request of this method.
    pub fn response_to(&mut self, method: &str) -> Response {
        self.try_response(method).expect("the connection closed without a response")
    }

    /// The next response, or `None` when the connection closes instead.
    pub fn try_response(&mut self, method: &str) -> Option<Response> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.fill() {
                assert!(self.read.is_empty(), "half a response: {:?}", String::from_utf8_lossy(&self.read));
                return None;
            }
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let status: u16 = head[9..12].parse().unwrap();
        let mut response = Response { status, head, body: Vec::new() };
        let length: usize = response.header("content-length").map_or(0, |value| value.parse().unwrap());
        if method != "HEAD" && status != 304 {
            while self.read.len() < length {
                assert!(self.fill(), "the connection closed within a body");
            }
            response.body = self.read.drain(..length).collect();
        }
        Some(response)
    }

    /// Reads until what has come and was not taken holds `text`; hands it over up to there.
    pub fn until(&mut self, text: &str) -> String {
        let mut searched = 0;
        loop {
            let rest = &self.read[searched..];
            if let Some(at) = rest.windows(text.len()).position(|window| window == text.as_bytes()) {
                return String::from_utf8(self.read.drain(..searched + at + text.len()).collect()).unwrap();
            }
            searched = self.read.len().saturating_sub(text.len());
            assert!(self.fill(), "the connection closed: {:?}", String::from_utf8_lossy(&self.read));
        }
    }

    /// Asserts that the server closes the connection and sends nothing more.
    pub fn assert_closed(&mut self) {
        while self.fill() {}
        assert!(self.read.is_empty(), "more came: {:?}", String::from_utf8_lossy(&self.read));
    }

    /// Asserts that the server closes the connection, whatever it sends before.
    pub fn assert_closes(&mut self) {
        while self.fill() {}
    }

    /// Asserts that the connection can be used for another request.
    pub fn assert_open(&mut self) {
        self.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(self.response().status, 200);
    }

    /// Asserts that nothing comes for a while, and that the connection stays.
    pub fn assert_silent(&mut self, during: Duration) {
        self.stream.set_read_timeout(Some(during)).unwrap();
        let mut byte = [0];
        let error = self.stream.read(&mut byte).expect_err("something came");
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
        self.stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    }
}
