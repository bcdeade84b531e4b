//! Taking known values out of a text.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::forms::forms;
use crate::value::SecretText;

/// Shorter values are not looked for, in bytes: `true` or `8080` stand in texts that are no secret.
pub const MIN_REDACTED: usize = 8;

/// Finds the values it was made for, in all their forms, and puts `[secret Name]` in their place.
#[derive(Default)]
pub struct Redactor {
    patterns: Option<AhoCorasick>,
    /// The label of each pattern.
    labels: Vec<String>,
}

impl Redactor {
    /// A redactor of these names and values; a name may have several, the rotated ones too.
    pub fn new<'a>(values: impl IntoIterator<Item = (&'a str, &'a SecretText)>) -> Self {
        let mut labels = Vec::new();
        let mut patterns = Vec::new();
        for (name, value) in values {
            for form in forms(value.expose()) {
                labels.push(format!("[secret {name}]"));
                patterns.push(form);
            }
        }
        // The kind whose size follows the patterns: a table for each state would take megabytes for a few keys.
        let patterns = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns.iter().map(|pattern| &pattern[..]))
            .ok()
            .filter(|_| !labels.is_empty());
        Self { patterns, labels }
    }

    /// The text without the values; the same text where it has none.
    ///
    /// Values that overlap are one place: nothing of either is left.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(patterns) = &self.patterns else { return Cow::Borrowed(text) };
        // Found by their ends; merged from the last to the first, so that each span is seen after those it may swallow.
        let mut spans: Vec<Span> = Vec::new();
        for found in patterns.find_overlapping_iter(text) {
            let mut span = Span {
                start: found.start(),
                end: found.end(),
                pattern: found.pattern().as_usize(),
                longest: found.len(),
            };
            while let Some(last) = spans.pop_if(|last| last.end > span.start) {
                span.swallow(&last);
            }
            spans.push(span);
        }
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut done = 0;
        for span in &spans {
            // A form begins and ends between characters, as the value does.
            clean.push_str(text.get(done..span.start).unwrap_or_default());
            clean.push_str(&self.labels[span.pattern]);
            done = span.end;
        }
        clean.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(clean)
    }
}

struct Span {
    start: usize,
    end: usize,
    /// Whose label stands for it: the longest value's.
    pattern: usize,
    longest: usize,
}

impl Span {
    fn swallow(&mut self, other: &Span) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
        if other.longest > self.longest {
            (self.pattern, self.longest) = (other.pattern, other.longest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(values: &[(&str, &str)]) -> Redactor {
        let values: Vec<(String, SecretText)> = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), SecretText::new((*value).to_owned())))
            .collect();
        Redactor::new(values.iter().map(|(name, value)| (name.as_str(), value)))
    }

    #[test]
    fn a_value_becomes_the_name_of_its_secret() {
        let redactor = redactor(&[("Key", "sk_live_12345"), ("Pin", "1234")]);
        assert_eq!(redactor.redact("a sk_live_12345 b"), "a [secret Key] b");
        assert_eq!(redactor.redact("sk_live_12345sk_live_12345"), "[secret Key][secret Key]");
        assert!(matches!(redactor.redact("nothing, and 1234"), Cow::Borrowed(_)));
    }

    #[test]
    fn values_that_overlap_leave_nothing_of_either() {
        let redactor = redactor(&[("A", "aaaabbbb"), ("B", "bbbbccccdddd")]);
        assert_eq!(redactor.redact("<aaaabbbbccccdddd>"), "<[secret B]>");
    }

    #[test]
    fn no_values_are_no_work() {
        assert_eq!(Redactor::default().redact("a text"), "a text");
        assert_eq!(redactor(&[("Short", "abc")]).redact("abc"), "abc");
    }
}
