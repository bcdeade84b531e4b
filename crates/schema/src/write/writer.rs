//! The writer of validated text, which copies the input in the longest possible runs between cuts and replacements.

/// A writer that copies the input to the output, with cuts and replacements.
///
/// Positions only grow. Copying is deferred until a change, so that an unchanged input is one copy.
pub(crate) struct Writer<'o, 'i> {
    out: &'o mut Vec<u8>,
    input: &'i [u8],
    copied: usize,
}

impl<'o, 'i> Writer<'o, 'i> {
    pub(crate) fn new(out: &'o mut Vec<u8>, input: &'i [u8]) -> Self {
        Self { out, input, copied: 0 }
    }

    /// Keeps the input up to `position` that was neither kept nor cut yet.
    pub(crate) fn keep_to(&mut self, position: usize) {
        if let Some(run) = self.input.get(self.copied..position) {
            self.out.extend_from_slice(run);
        }
        self.copied = position;
    }

    /// Keeps the input before `start`, and cuts `start..end`.
    pub(crate) fn cut(&mut self, start: usize, end: usize) {
        self.keep_to(start);
        self.copied = end;
    }

    /// Keeps the input before `start`, and writes `text` in place of `start..end`.
    pub(crate) fn replace(&mut self, start: usize, end: usize, text: &[u8]) {
        self.cut(start, end);
        self.out.extend_from_slice(text);
    }

    /// Replaces `start..end` by a JSON string made of `prefix` (already escaped) and `text`.
    pub(crate) fn replace_with_string(&mut self, start: usize, end: usize, prefix: &str, text: &str) {
        self.cut(start, end);
        self.out.push(b'"');
        self.out.extend_from_slice(prefix.as_bytes());
        push_escaped(self.out, text);
        self.out.push(b'"');
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn push_json_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// Appends `text` with only the escapes that JSON demands.
pub(crate) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    let mut kept = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[kept..index]);
        kept = index + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&digits);
            }
        }
    }
    out.extend_from_slice(&bytes[kept..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_and_replacements_leave_the_rest_as_it_was() {
        let mut out = b"before:".to_vec();
        let mut writer = Writer::new(&mut out, b"0123456789");
        writer.cut(0, 2);
        writer.replace(4, 6, b"<>");
        writer.replace_with_string(7, 8, "\\u0000d", "a\"\u{1}");
        writer.keep_to(10);
        assert_eq!(out, b"before:23<>6\"\\u0000da\\\"\\u0001\"89");
    }

    #[test]
    fn an_escaped_string_reads_back_the_same() {
        let text: String = (0..0x180).filter_map(char::from_u32).collect();
        let mut out = Vec::new();
        push_json_string(&mut out, &text);
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }
}
