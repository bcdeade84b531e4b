//! Rules for strings.

use regex::Regex;

use crate::json::scanner::StringToken;
use crate::rules::format::Format;

/// A rule for strings, with its phrase for issues.
#[derive(Debug, Clone)]
pub(crate) struct TextRule {
    /// What the text is tested for.
    pub(crate) test: TextTest,
    /// The rule in words, for issues.
    pub(crate) expected: Box<str>,
}

#[derive(Debug, Clone)]
pub(crate) enum TextTest {
    /// The least number of Unicode scalar values.
    MinLength(usize),
    /// The most Unicode scalar values.
    MaxLength(usize),
    /// A pattern that must match somewhere in the text, in linear time.
    Pattern(Regex),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Format(Format),
}

/// Checks a string against all rules; the error is the phrase of the first that it breaks.
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
