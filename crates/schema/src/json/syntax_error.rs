//! Syntax errors of JSON, and the reasons for ending a walk early.

use crate::issues::issue::is_unprintable;

/// A violation of RFC 8259, or of a limit, at a byte of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// The byte at which the document stops being one, from 0.
    pub(crate) offset: usize,
    /// What is wrong there.
    pub(crate) kind: SyntaxErrorKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SyntaxErrorKind {
    /// A character, or the end of the input, that the grammar does not allow there.
    Unexpected,
    /// An unescaped control character in a string.
    Control,
    /// An invalid escape.
    Escape,
    /// An unpaired surrogate escape, `\ud800` to `\udfff`.
    LoneSurrogate,
    /// More nested containers than the limit.
    Depth,
    /// Further characters after the document.
    Trailing,
    /// Invalid UTF-8.
    Utf8,
}

/// The reason why a walk ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WalkStop {
    /// The document is invalid JSON.
    Syntax(SyntaxError),
    /// The number of issues has reached its limit.
    Full,
}

impl From<SyntaxError> for WalkStop {
    fn from(fault: SyntaxError) -> Self {
        Self::Syntax(fault)
    }
}

impl SyntaxError {
    /// The text for the issue's `found`; `secret` hides all characters of the input.
    pub(crate) fn describe(&self, input: &[u8], secret: bool) -> String {
        let offset = self.offset;
        let what = match self.kind {
            SyntaxErrorKind::Unexpected => match char_at(input, offset) {
                None => "unexpected end".to_owned(),
                Some(_) if secret => "unexpected character".to_owned(),
                Some(char) if is_unprintable(char) => format!("unexpected U+{:04X}", u32::from(char)),
                Some(char) => format!("unexpected '{char}'"),
            },
            SyntaxErrorKind::Control => "control character in a string".to_owned(),
            SyntaxErrorKind::Escape => "invalid escape".to_owned(),
            SyntaxErrorKind::LoneSurrogate => "lone surrogate".to_owned(),
            SyntaxErrorKind::Depth => return "depth over 128".to_owned(),
            SyntaxErrorKind::Trailing => "trailing content".to_owned(),
            SyntaxErrorKind::Utf8 => "invalid UTF-8".to_owned(),
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
