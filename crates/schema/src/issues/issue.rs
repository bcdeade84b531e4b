//! Issues, and their text and JSON forms.

use std::fmt;

use crate::write::writer::push_json_string;

/// Most issues of one input; the walk stops at the last.
pub(crate) const MAX_ISSUES: usize = 16;
/// Most characters of the input that `found` quotes.
const MAX_EXCERPT: usize = 40;
/// Most characters of `expected`, so that a long enum does not inflate the answer.
const MAX_EXPECTED: usize = 200;

/// One problem of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The place, such as `body.items[3].price`, `query.limit`, `header.x-foo`, `cookie.session` or `path.id`.
    pub at: String,
    /// The phrase for what the schema demands.
    pub expected: String,
    /// The value found: a type name, `nothing`, or an excerpt of at most 40 characters; no excerpt of a sensitive property.
    pub found: String,
}

/// The issues of one input, at most 16, in the order of the input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Issues {
    entries: Vec<Issue>,
    /// Whether the body is no JSON document at all.
    malformed: bool,
}

impl Issues {
    /// Iterates over the issues in the order of the input.
    pub fn iter(&self) -> std::slice::Iter<'_, Issue> {
        self.entries.iter()
    }

    /// The number of issues: 1 to 16 in an `Err`.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no issues; never true in an `Err`.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the body is no JSON document, rather than one of another shape than the schema's. HTTP has a status for each
    /// (RFC 9110, sections 15.5.1 and 15.5.21).
    pub fn is_malformed(&self) -> bool {
        self.malformed
    }

    /// Appends `[{"at":…,"expected":…,"found":…},…]` to `out`.
    pub fn to_json(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (index, issue) in self.entries.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b"{\"at\":" } else { b",{\"at\":" });
            push_json_string(out, &issue.at);
            out.extend_from_slice(b",\"expected\":");
            push_json_string(out, &issue.expected);
            out.extend_from_slice(b",\"found\":");
            push_json_string(out, &issue.found);
            out.push(b'}');
        }
        out.push(b']');
    }

    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= MAX_ISSUES
    }

    pub(crate) fn mark_malformed(&mut self) {
        self.malformed = true;
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
    }

    pub(crate) fn push(&mut self, at: String, expected: &str, found: String) {
        if !self.is_full() {
            self.entries.push(Issue { at, expected: shorten(expected, MAX_EXPECTED), found });
        }
    }
}

impl<'a> IntoIterator for &'a Issues {
    type Item = &'a Issue;
    type IntoIter = std::slice::Iter<'a, Issue>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Writes one line with the first three issues.
impl fmt::Display for Issues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        for (index, issue) in self.entries.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: expected {}, found {}", issue.at, issue.expected, issue.found)?;
        }
        match self.entries.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for Issues {}

/// Cuts `text` to at most `limit` characters, with an ellipsis in place of the rest.
fn shorten(text: &str, limit: usize) -> String {
    if text.char_indices().nth(limit).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit - 1).collect();
    short.push('…');
    short
}

/// Makes a quoted, escaped excerpt of a string: at most 40 characters, quotes included.
pub(crate) fn excerpt(text: &str) -> String {
    let mut quoted = String::from('"');
    let mut length = 2;
    for char in text.chars() {
        let escaped: String = match char {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            c if is_unprintable(c) => format!("\\u{{{:x}}}", u32::from(c)),
            c => c.to_string(),
        };
        let width = escaped.chars().count();
        if length + width > MAX_EXCERPT - 1 {
            quoted.push('…');
            break;
        }
        length += width;
        quoted.push_str(&escaped);
    }
    quoted.push('"');
    quoted
}

/// Whether a character is a control, format or separator character, which could disturb a log line or terminal.
pub(crate) fn is_unprintable(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Makes an excerpt of a number or another bare token.
pub(crate) fn excerpt_bare(text: &str) -> String {
    shorten(text, MAX_EXCERPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_has_at_most_forty_characters() {
        assert_eq!(excerpt("short"), "\"short\"");
        assert_eq!(excerpt(&"x".repeat(38)).chars().count(), 40);
        assert_eq!(excerpt(&"x".repeat(400)).chars().count(), 40);
        assert!(excerpt(&"\u{1}".repeat(400)).chars().count() <= 40);
        assert_eq!(excerpt_bare(&"9".repeat(400)).chars().count(), 40);
    }

    #[test]
    fn a_seventeenth_issue_is_not_kept() {
        let mut issues = Issues::default();
        for index in 0..40 {
            issues.push(format!("body[{index}]"), "number", "string".to_owned());
        }
        assert_eq!(issues.len(), 16);
        assert_eq!(
            issues.to_string(),
            "body[0]: expected number, found string; body[1]: expected number, found string; \
             body[2]: expected number, found string; and 13 more"
        );
    }

    #[test]
    fn json_escapes_every_part() {
        let mut issues = Issues::default();
        issues.push("body[\"a\\\"b\"]".to_owned(), "a \"quoted\" word", "\"\\u{1}\"".to_owned());
        let mut out = Vec::new();
        issues.to_json(&mut out);
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value[0]["at"], "body[\"a\\\"b\"]");
        assert_eq!(value[0]["found"], "\"\\u{1}\"");
    }
}
