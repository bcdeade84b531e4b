//! What ends a walk before the document does.

use crate::issue::is_unprintable;

/// A violation of RFC 8259, or of a limit, at a byte of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) offset: usize,
    pub(crate) kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Another character, or the end of the input, where the grammar asks for something.
    Unexpected,
    /// An unescaped control character in a string.
    Control,
    /// A backslash with something after it that is no escape.
    Escape,
    /// `\ud800` to `\udfff` without its other half.
    LoneSurrogate,
    /// More containers in each other than the limit.
    Depth,
    /// Something after the document.
    Trailing,
    /// Bytes that are no UTF-8.
    Utf8,
}

/// Why a walk ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The document is no JSON.
    Fault(Fault),
    /// There are as many issues as are reported.
    Full,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Fault {
    /// The `found` of the issue. `secret`: no character of the input is shown.
    pub(crate) fn describe(&self, input: &[u8], secret: bool) -> String {
        let offset = self.offset;
        let what = match self.kind {
            FaultKind::Unexpected => match char_at(input, offset) {
                None => "unexpected end".to_owned(),
                Some(_) if secret => "unexpected character".to_owned(),
                Some(char) if is_unprintable(char) => format!("unexpected U+{:04X}", u32::from(char)),
                Some(char) => format!("unexpected '{char}'"),
            },
            FaultKind::Control => "control character in a string".to_owned(),
            FaultKind::Escape => "invalid escape".to_owned(),
            FaultKind::LoneSurrogate => "lone surrogate".to_owned(),
            FaultKind::Depth => return "depth over 128".to_owned(),
            FaultKind::Trailing => "trailing content".to_owned(),
            FaultKind::Utf8 => "invalid UTF-8".to_owned(),
        };
        format!("{what} at byte {offset}")
    }
}

fn char_at(input: &[u8], offset: usize) -> Option<char> {
    let rest = input.get(offset..)?;
    let head = rest.get(..4).unwrap_or(rest);
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    valid.chars().next()
}
