//! The context of a raw request, by which its interim responses leave.

use std::any::Any;
use std::sync::{Arc, Mutex};

use http::Version;
use twinloop_mailbox::Context;

use twinloop_runtime::lock;

use crate::request::context::RequestContext;

/// The context of a raw request: that of any request, and the way of its interim responses.
pub(crate) struct RawContext {
    pub(crate) request: Arc<RequestContext>,
    /// Whether interim responses may still be sent: the final one has not come.
    is_open: Mutex<bool>,
}

impl RawContext {
    pub(crate) fn new(request: Arc<RequestContext>) -> Self {
        let is_open = Mutex::new(request.head.version == Version::HTTP_11);
        Self { request, is_open }
    }

    /// Ends the interim responses, because the final one comes.
    pub(crate) fn answered(&self) {
        *lock(&self.is_open) = false;
    }
}

impl Context for RawContext {
    fn get(&self, name: &str) -> Option<String> {
        self.request.get(name)
    }

    fn all(&self) -> String {
        self.request.all()
    }

    fn taken(&self) {
        self.request.taken();
    }

    fn label(&self) -> Option<String> {
        self.request.label()
    }

    fn operation(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        self.request.operation()
    }

    /// Sends an interim response, given as the bytes of its head; false where it is none or cannot be sent any more.
    fn tell(&self, message: &str) -> bool {
        let is_open = lock(&self.is_open);
        // While an earlier response waits for the client, this one could land within that one.
        let may = *is_open && !self.request.link.is_writing() && is_interim(message);
        may && self.request.link.interim.add(message.as_bytes()) && {
            self.request.link.wake();
            true
        }
    }
}

/// Whether a text is the head of one interim response and nothing else: a line break too many would begin another message.
fn is_interim(head: &str) -> bool {
    let Some(head) = head.strip_suffix("\r\n\r\n") else { return false };
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 1")).unwrap_or_default();
    let digits = status.as_bytes().first_chunk::<2>();
    // 100 is the edge's to send, and 101 would end HTTP.
    let has_status = digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_digit) && *digits > *b"01")
        && is_text(status);
    has_status && lines.all(|line| is_text(line) && is_header(line))
}

fn is_text(line: &str) -> bool {
    line.bytes().all(|byte| matches!(byte, b'\t' | 0x20..0x7f))
}

fn is_header(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| http::HeaderName::from_bytes(name.as_bytes()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_head_of_one_interim_response_passes() {
        assert!(is_interim("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"));
        assert!(is_interim("HTTP/1.1 102 Processing\r\n\r\n"));
        for bad in [
            "",
            "\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\n",
            "HTTP/1.1 103 Early Hints\r\nLink: a\nb: c\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\nno header\r\n\r\n",
        ] {
            assert!(!is_interim(bad), "{bad:?}");
        }
    }
}
