//! The boundaries of a multipart body, found in bytes that arrive in pieces of any size.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem::Finder;
use memchr::{memmem, memrchr};

use super::part_head::{MalformedPart, PartHead};

/// Most bytes of the headers of one part.
pub(crate) const MAX_HEAD_BYTES: usize = 16 << 10;
/// Most blanks between a boundary and its line end.
const MAX_PADDING: usize = 64;

/// One step through a multipart body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PartEvent {
    /// A part begins.
    Begin(PartHead),
    /// Some of the part's bytes, never none.
    Data(Bytes),
    /// The part has ended.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Preamble,
    AfterBoundary,
    Head,
    Data,
    Finished,
}

/// A multipart body as it arrives; keeps the bytes that may belong to a boundary or a part's headers, and no more.
pub(crate) struct Splitter {
    /// CRLF, two dashes and the boundary.
    delimiter: Finder<'static>,
    buffer: BytesMut,
    state: State,
}

impl Splitter {
    pub(crate) fn new(boundary: &[u8]) -> Self {
        let delimiter = [b"\r\n--", boundary].concat();
        // The first boundary may be the first line, which has no line end before it.
        Self {
            delimiter: Finder::new(&delimiter).into_owned(),
            buffer: BytesMut::from(&b"\r\n"[..]),
            state: State::Preamble,
        }
    }

    /// Adds bytes of the body.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        if self.state != State::Finished {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next step; `None` when more bytes are needed, or when the last part has ended.
    pub(crate) fn next(&mut self) -> Result<Option<PartEvent>, MalformedPart> {
        loop {
            match self.state {
                State::Preamble => {
                    let Some(at) = self.delimiter.find(&self.buffer) else {
                        let keep = self.delimiter.needle().len() - 1;
                        self.buffer.advance(self.buffer.len().saturating_sub(keep));
                        return Ok(None);
                    };
                    self.pass_boundary(at);
                }
                State::AfterBoundary => {
                    if !self.after_boundary()? {
                        return Ok(None);
                    }
                }
                State::Head => return self.head(),
                State::Data => return Ok(self.data()),
                State::Finished => return Ok(None),
            }
        }
    }

    /// Whether the closing boundary has been seen. A body that ends before is incomplete.
    pub(crate) fn is_finished(&self) -> bool {
        self.state == State::Finished
    }

    fn pass_boundary(&mut self, at: usize) {
        self.buffer.advance(at + self.delimiter.needle().len());
        self.state = State::AfterBoundary;
    }

    /// Reads what follows a boundary: two dashes at the end, otherwise blanks and a line end. False when more is needed.
    fn after_boundary(&mut self) -> Result<bool, MalformedPart> {
        if self.buffer.starts_with(b"--") {
            self.buffer.clear();
            self.state = State::Finished;
            return Ok(true);
        }
        let blanks = self.buffer.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if blanks > MAX_PADDING {
            return Err(MalformedPart);
        }
        let rest = &self.buffer[blanks..];
        if rest.starts_with(b"\r\n") {
            // The line end stays: a part without headers begins with the empty line.
            self.buffer.advance(blanks);
            self.state = State::Head;
            return Ok(true);
        }
        let may_become = rest.is_empty() || rest == b"\r" || (blanks == 0 && rest == b"-");
        if may_become { Ok(false) } else { Err(MalformedPart) }
    }

    fn head(&mut self) -> Result<Option<PartEvent>, MalformedPart> {
        let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") else {
            return if self.buffer.len() > MAX_HEAD_BYTES { Err(MalformedPart) } else { Ok(None) };
        };
        if end > MAX_HEAD_BYTES {
            return Err(MalformedPart);
        }
        let head = PartHead::parse(self.buffer.get(2..end).unwrap_or_default())?;
        self.buffer.advance(end + 4);
        self.state = State::Data;
        Ok(Some(PartEvent::Begin(head)))
    }

    fn data(&mut self) -> Option<PartEvent> {
        match self.delimiter.find(&self.buffer) {
            Some(0) => {
                self.pass_boundary(0);
                Some(PartEvent::End)
            }
            Some(at) => Some(PartEvent::Data(self.buffer.split_to(at).freeze())),
            None => {
                let safe = self.safe_length();
                (safe > 0).then(|| PartEvent::Data(self.buffer.split_to(safe).freeze()))
            }
        }
    }

    /// The number of bytes that cannot belong to a delimiter that has not arrived whole.
    fn safe_length(&self) -> usize {
        let needle = self.delimiter.needle();
        let length = self.buffer.len();
        let tail = length.saturating_sub(needle.len() - 1);
        match memrchr(b'\r', &self.buffer[tail..]) {
            Some(at) if needle.starts_with(&self.buffer[tail + at..]) => tail + at,
            _ => length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a body that arrives in pieces of these sizes: each part's name with its bytes.
    fn read(body: &[u8], sizes: &[usize]) -> Result<Vec<(String, Vec<u8>)>, MalformedPart> {
        let mut splitter = Splitter::new(b"bound");
        let (mut parts, mut rest, mut turn) = (Vec::new(), body, 0);
        while !rest.is_empty() {
            let size =
                sizes.get(turn % sizes.len().max(1)).copied().unwrap_or(rest.len()).clamp(1, rest.len());
            turn += 1;
            splitter.feed(&rest[..size]);
            rest = &rest[size..];
            while let Some(event) = splitter.next()? {
                match event {
                    PartEvent::Begin(head) => parts.push((head.name, Vec::new())),
                    PartEvent::Data(bytes) => parts.last_mut().unwrap().1.extend_from_slice(&bytes),
                    PartEvent::End => {}
                }
            }
        }
        if splitter.is_finished() { Ok(parts) } else { Err(MalformedPart) }
    }

    fn part(name: &str, bytes: &[u8]) -> Vec<u8> {
        [
            format!("--bound\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n").as_bytes(),
            bytes,
            b"\r\n",
        ]
        .concat()
    }

    fn parts(bodies: &[&[u8]]) -> Vec<u8> {
        let mut body: Vec<u8> =
            bodies.iter().enumerate().flat_map(|(at, bytes)| part(&at.to_string(), bytes)).collect();
        body.extend_from_slice(b"--bound--\r\n");
        body
    }

    #[test]
    fn parts_are_told_apart_whatever_they_hold() {
        let bodies: [&[u8]; 7] =
            [b"", b"a", b"\r\n", b"\r\n--boun", b"--bound", b"a\r\n-\r\n--\r\n--b", b"\r\r\n\0\xff\r"];
        for size in [1, 2, 3, 5, 7, 64, 10_000] {
            let read = read(&parts(&bodies), &[size]).unwrap();
            let bytes: Vec<&[u8]> = read.iter().map(|(_, bytes)| &bytes[..]).collect();
            assert_eq!(bytes, bodies, "in pieces of {size}");
        }
    }

    #[test]
    fn a_preamble_padding_and_an_epilogue_are_passed_over() {
        let body = b"hello\r\n--bound \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--bound--and more\r\n--bound\r\n";
        assert_eq!(read(body, &[4]).unwrap(), [("a".to_owned(), b"1".to_vec())]);
        assert_eq!(read(b"--bound--", &[]).unwrap(), []);
    }

    #[test]
    fn what_is_not_multipart_is_malformed() {
        let head = "content-disposition: form-data; name=a";
        let long = format!("--bound\r\n{head}\r\nx: {}\r\n\r\n\r\n--bound--", "y".repeat(MAX_HEAD_BYTES));
        let padded = format!("--bound{}\r\n{head}\r\n\r\n\r\n--bound--", " ".repeat(200));
        for body in [
            "",
            "--bound",
            "--boun--",
            "bound--",
            "--bound\n",
            "--boundx\r\n",
            "--bound-x",
            "--bound\r\n\r\n\r\n--bound--",
            "--bound\r\ncontent-disposition: form-data; name=a\n\n1\n--bound--",
            "--bound\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--bound",
            "--bound\r\ncontent-disposition: form-data; name=a\r\n\r\n1--bound--",
            "--bound\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--bound-",
            &long,
            &padded,
        ] {
            for size in [1, 1000] {
                assert_eq!(
                    read(body.as_bytes(), &[size]),
                    Err(MalformedPart),
                    "{body:.80} in pieces of {size}"
                );
            }
        }
    }

    #[test]
    fn a_delimiter_that_never_comes_holds_no_memory() {
        let mut splitter = Splitter::new(b"bound");
        for _ in 0..1000 {
            splitter.feed(&[b'x'; 4096]);
            assert_eq!(splitter.next(), Ok(None));
            assert!(splitter.buffer.len() < 16);
        }
    }

    proptest! {
        #[test]
        fn the_pieces_in_which_a_body_arrives_make_no_difference(
            bodies in proptest::collection::vec(r"[a\r\n-]{0,12}(--bound|\r\n--boun)?[a\r\n-]{0,12}", 0..4),
            sizes in proptest::collection::vec(1_usize..40, 1..8),
            broken in 0_usize..4,
        ) {
            let bodies: Vec<&[u8]> = bodies.iter().map(String::as_bytes).collect();
            let mut body = parts(&bodies);
            if broken == 0 {
                body.truncate(body.len() / 2);
            }
            prop_assert_eq!(read(&body, &sizes), read(&body, &[usize::MAX]));
        }

        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200), size in 1_usize..20) {
            let _ = read(&body, &[size]);
        }
    }
}
