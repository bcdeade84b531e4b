//! Constraints on strings.

use regex::Regex;

use crate::format::Format;
use crate::scan::StringToken;

/// One constraint and how it is named in an issue.
#[derive(Debug, Clone)]
pub(crate) struct TextRule {
    pub(crate) test: TextTest,
    pub(crate) expected: Box<str>,
}

#[derive(Debug, Clone)]
pub(crate) enum TextTest {
    /// At least so many Unicode scalar values.
    MinLength(usize),
    /// At most so many Unicode scalar values.
    MaxLength(usize),
    /// Found somewhere in the text, as the pattern is written; linear in the text.
    Pattern(Regex),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Format(Format),
}

/// Checks a string against all of its rules; the error is the phrase of the first that it breaks.
pub(crate) fn check<'r>(rules: &'r [TextRule], token: &StringToken<'_>) -> Result<(), &'r str> {
    if rules.is_empty() {
        return Ok(());
    }
    let text = token.decoded();
    match rules.iter().find(|rule| !rule.test.holds(&text)) {
        Some(rule) => Err(&rule.expected),
        None => Ok(()),
    }
}

impl TextTest {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::MinLength(min) => text.len() >= *min && text.chars().count() >= *min,
            Self::MaxLength(max) => text.len() <= *max || text.chars().count() <= *max,
            Self::Pattern(pattern) => pattern.is_match(text),
            Self::StartsWith(start) => text.starts_with(&**start),
            Self::EndsWith(end) => text.ends_with(&**end),
            Self::Format(format) => format.fits(text),
        }
    }
}
