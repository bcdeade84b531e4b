//! The parser of `.env` files, by the rules that dotenv 16 and 17 and `node --env-file` share. Values are never expanded.
//!
//! A line is `NAME=value`, `NAME: value` or either after `export`; a name has letters, digits, `_`, `.` and `-`. A value in
//! single quotes, double quotes or backticks may span lines and is closed by a quote that nothing but a comment follows; any
//! other value ends at the line's end or at `#`, without the blanks around it. Only double quotes make line breaks of `\n` and
//! `\r`. A quote that is never closed is part of its value. A name that stands twice has its last value.

use zeroize::Zeroizing;

use crate::value::SecretText;

/// Greatest number of lines that a message names.
const MOST_NAMED: usize = 3;

/// The content of a `.env` file.
#[derive(Debug, Default)]
pub struct Dotenv {
    /// Names and values in the order of the file. A name may occur twice; its last value counts.
    pub entries: Vec<(String, SecretText)>,
    /// The lines that are not what their author meant, in the order of the file.
    pub remarks: Vec<Remark>,
}

/// A line that is not what its author meant. The line's text may be a secret and is not part of the remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The line's number, from 1.
    pub line: usize,
    /// The fault of the line.
    pub fault: Fault,
}

/// A fault of a line in a `.env` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The line has no name, or nothing between name and value. The line is skipped.
    NotAnAssignment,
    /// The value opens a quote that is not closed: the quote is part of the value.
    OpenQuote,
    /// The value is not UTF-8. The line is skipped.
    NotUtf8,
}

impl Fault {
    /// Returns the fault's description, as a continuation of "line 3".
    pub fn text(self) -> &'static str {
        match self {
            Self::NotAnAssignment => "is not NAME=value",
            Self::OpenQuote => {
                "opens a quote that is not closed, or that more than a comment follows: the quote is part of its value"
            }
            Self::NotUtf8 => "is not text (UTF-8)",
        }
    }
}

impl Dotenv {
    /// Returns the first of `names` that the file has, with its last value.
    pub(crate) fn first_of<'d>(&'d self, names: &[String]) -> Option<(&'d str, &'d SecretText)> {
        let last = |wanted: &String| self.entries.iter().rev().find(|(name, _)| name == wanted);
        names.iter().find_map(last).map(|(name, value)| (name.as_str(), value))
    }

    /// Returns why the file lacks a name, as a continuation of "which", with the skipped lines, one of which may have been
    /// meant.
    pub(crate) fn lacks(&self) -> String {
        let passed_over = self.remarks.iter().filter(|remark| remark.fault != Fault::OpenQuote);
        let passed_over: Vec<String> =
            passed_over.map(|Remark { line, fault }| format!("line {line} {}", fault.text())).collect();
        let named = passed_over.len().min(MOST_NAMED);
        let more = match passed_over.len() - named {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        match named {
            0 => "does not name it".to_owned(),
            _ => format!("does not name it; {}{more}", passed_over[..named].join(", ")),
        }
    }
}

/// Parses the bytes of a `.env` file. Every input has a result; faults are remarks.
///
/// ```
/// let file = twinloop_secrets::dotenv::parse(b"export TOKEN='abc def' # of the test account\nno value\n");
/// let (name, value) = &file.entries[0];
/// assert_eq!((name.as_str(), value.expose()), ("TOKEN", "abc def"));
/// assert_eq!(file.remarks[0].line, 2);
/// ```
pub fn parse(bytes: &[u8]) -> Dotenv {
    let text = with_line_feeds(bytes);
    let mut file = Dotenv::default();
    let (mut rest, mut line) = (&text[..], 1);
    while !rest.is_empty() {
        let (length, found) = read_line(rest);
        let is_lossy = std::str::from_utf8(bytes).is_err() && rest[..length].contains('\u{fffd}');
        match found {
            Found::Nothing => {}
            _ if is_lossy => file.remarks.push(Remark { line, fault: Fault::NotUtf8 }),
            Found::NotAnAssignment => file.remarks.push(Remark { line, fault: Fault::NotAnAssignment }),
            Found::Entry { name, value, is_open } => {
                if is_open {
                    file.remarks.push(Remark { line, fault: Fault::OpenQuote });
                }
                file.entries.push((name.to_owned(), SecretText::exact(value)));
            }
        }
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    file
}

enum Found<'t> {
    /// A blank line or a comment.
    Nothing,
    NotAnAssignment,
    Entry {
        name: &'t str,
        value: String,
        is_open: bool,
    },
}

/// Reads the next line, or the several lines of a quoted value. Returns its length with the line break.
fn read_line(rest: &str) -> (usize, Found<'_>) {
    let end = line_end(rest, 0);
    let line = &rest[..end];
    let text = line.trim_start_matches(is_blank);
    if text.is_empty() || text.starts_with('#') {
        return (past(rest, end), Found::Nothing);
    }
    let exported = text
        .strip_prefix("export")
        .filter(|after| after.starts_with(is_blank))
        .and_then(|after| name_of(after));
    let Some((name, value)) = exported.or_else(|| name_of(text)) else {
        return (past(rest, end), Found::NotAnAssignment);
    };
    let start = end - value.len();
    let quote = rest[start..].chars().next().filter(|first| matches!(first, '\'' | '"' | '`'));
    if let Some(close) = quote.and_then(|quote| closing(rest, start, quote)) {
        let value = expanded(&rest[start + 1..close], quote);
        return (past(rest, line_end(rest, close)), Found::Entry { name, value, is_open: false });
    }
    let bare = value.split('#').next().unwrap_or_default().trim_matches(is_blank);
    let inner = quote.and_then(|quote| bare.strip_prefix(quote)?.strip_suffix(quote));
    let value = expanded(inner.unwrap_or(bare), quote);
    (past(rest, end), Found::Entry { name, value, is_open: quote.is_some() && inner.is_none() })
}

/// Splits a line into its name and the text after `=` or `: `, without leading blanks.
fn name_of(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(is_blank);
    let length = text.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c))).unwrap_or(text.len());
    let (name, after) = text.split_at(length);
    let value = match after.trim_start_matches(is_blank).strip_prefix('=') {
        Some(value) => value,
        None => after.strip_prefix(':').filter(|value| value.is_empty() || value.starts_with(is_blank))?,
    };
    (!name.is_empty()).then(|| (name, value.trim_start_matches(is_blank)))
}

/// Returns where the quote that opens at `start` is closed: at the first one without a preceding backslash, else at the last
/// one with it, provided that only a comment follows on its line.
fn closing(rest: &str, start: usize, quote: char) -> Option<usize> {
    let mut escaped = Vec::new();
    let mut plain = None;
    for (at, _) in rest[start + 1..].match_indices(quote).map(|(at, found)| (at + start + 1, found)) {
        if at > start + 1 && rest.as_bytes()[at - 1] == b'\\' {
            escaped.push(at);
        } else {
            plain = Some(at);
            break;
        }
    }
    plain.into_iter().chain(escaped.into_iter().rev()).find(|at| {
        let after = rest[at + 1..line_end(rest, *at)].trim_start_matches(is_blank);
        after.is_empty() || after.starts_with('#')
    })
}

fn expanded(text: &str, quote: Option<char>) -> String {
    if quote != Some('"') || !text.contains('\\') {
        return text.to_owned();
    }
    // The text never grows: reallocation would leave pieces of the value in memory.
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        let (kept, length) = match rest.as_bytes().get(at + 1) {
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            _ => ('\\', 1),
        };
        value.push(kept);
        rest = &rest[at + length..];
    }
    value.push_str(rest);
    value
}

/// Returns the text with `\n` as the only line break, and without a byte order mark.
fn with_line_feeds(bytes: &[u8]) -> Zeroizing<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // The buffer has its greatest possible size at once: each byte may become a replacement character of three bytes.
    let room = if std::str::from_utf8(bytes).is_ok() { bytes.len() } else { 3 * bytes.len() };
    let mut text = Zeroizing::new(String::with_capacity(room));
    for chunk in bytes.utf8_chunks() {
        let mut pieces = chunk.valid().split('\r');
        text.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            text.push('\n');
            text.push_str(piece.strip_prefix('\n').unwrap_or(piece));
        }
        if !chunk.invalid().is_empty() {
            text.push('\u{fffd}');
        }
    }
    text
}

/// Returns whether JavaScript's `\s` and `trim()` treat the character as blank; the line feed does not count here.
fn is_blank(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && !matches!(c, '\n' | '\u{85}'))
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |at| from + at)
}

fn past(text: &str, end: usize) -> usize {
    text.len().min(end + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        text: String,
        values: BTreeMap<String, String>,
        #[serde(default)]
        lines: Vec<usize>,
    }

    fn values(file: &Dotenv) -> BTreeMap<String, String> {
        file.entries.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect()
    }

    #[test]
    fn files_say_what_the_contract_says() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../contract/cases/secrets/dotenv.json")).unwrap();
        for case in cases {
            let file = parse(case.text.as_bytes());
            assert_eq!(values(&file), case.values, "{}", case.name);
            let lines: Vec<usize> = file.remarks.iter().map(|remark| remark.line).collect();
            assert_eq!(lines, case.lines, "{}", case.name);
        }
    }

    #[test]
    fn a_value_that_is_not_utf8_costs_its_own_line_alone() {
        let file = parse(b"A=one\nB=\xff\xfe\n# \xff\nC=three\r\n");
        let expected =
            [("A", "one"), ("C", "three")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(values(&file), BTreeMap::from(expected));
        assert_eq!(file.remarks, [Remark { line: 2, fault: Fault::NotUtf8 }]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_line_by_line(text in "[A-C=:#'\"`\\\\n \n\r$é\u{feff}]{0,80}") {
            let file = parse(text.as_bytes());
            let count = 1 + text.replace("\r\n", "\n").matches(['\n', '\r']).count();
            prop_assert!(file.remarks.iter().all(|remark| (1..=count).contains(&remark.line)));
        }

        #[test]
        fn a_value_in_the_quotes_that_it_has_not_arrives_as_it_was_written(
            value in "[^'`\\\\\r\u{feff}]{0,60}", quote in prop::sample::select(vec!["'", "`"]),
        ) {
            let file = parse(format!("X=1\nexport KEY = {quote}{value}{quote}  # {value:?}\nY=2\n").as_bytes());
            let found = values(&file);
            prop_assert_eq!(found.get("KEY"), Some(&value));
        }
    }
}
