//! The redactor, which replaces secrets in texts.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Match, MatchKind};

use crate::forms::forms;
use crate::normalized::NormalizedText;
use crate::value::SecretText;

/// A redactor: finds values in all their forms and replaces them by `[secret Name]`.
///
/// Shape:  a value's forms are the text itself and its encodings, such as Base64, hexadecimal, percent-encoding and JSON.
/// Units:  values of fewer than [`MIN_REDACTED`](crate::MIN_REDACTED) bytes are not redacted, because any text may have them.
///
/// ```
/// use twinloop_secrets::{Redactor, SecretText};
///
/// let key = SecretText::new("sk_live_4eC39HqLyjWDarjt".to_owned());
/// let redactor = Redactor::new([("StripeKey", &key)]);
/// assert_eq!(redactor.redact("refused sk_live_4eC39HqLyjWDarjt"), "refused [secret StripeKey]");
/// assert_eq!(redactor.redact("refused c2tfbGl2ZV80ZUMzOUhxTHlqV0Rhcmp0"), "refused [secret StripeKey]");
/// ```
#[derive(Default)]
pub struct Redactor {
    patterns: Option<AhoCorasick>,
    /// The label of each pattern.
    labels: Vec<String>,
    /// Whether each pattern is a list of numbers.
    lists: Vec<bool>,
}

impl Redactor {
    /// Creates a redactor of names and values; a name may have several values, as after a rotation.
    pub fn new<'a>(values: impl IntoIterator<Item = (&'a str, &'a SecretText)>) -> Self {
        let mut labels = Vec::new();
        let mut lists = Vec::new();
        let mut patterns = Vec::new();
        for (name, value) in values {
            for form in forms(value.expose()) {
                labels.push(format!("[secret {name}]"));
                lists.push(is_list(&form));
                patterns.push(form);
            }
        }
        // The automaton whose size follows the patterns: a table for each state would take megabytes for a few keys.
        let patterns = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns.iter().map(|pattern| &pattern[..]))
            .ok()
            .filter(|_| !labels.is_empty());
        Self { patterns, labels, lists }
    }

    /// Replaces the values in the text; borrows the text where it has none.
    ///
    /// Values that overlap are replaced as one: no part of either remains.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let spans = self.spans(text);
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut done = 0;
        for span in &spans {
            // A form begins and ends at character boundaries, as the value does.
            clean.push_str(text.get(done..span.start).unwrap_or_default());
            // A list of numbers outside of a JSON line's strings is replaced by a string, so that the line stays valid JSON.
            let quote = if span.is_list && is_between_texts(&text[..span.start]) { "\"" } else { "" };
            clean.extend([quote, &self.labels[span.pattern], quote]);
            done = span.end;
        }
        clean.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(clean)
    }

    /// Returns the places of values, in order and without overlap.
    fn spans(&self, text: &str) -> Vec<Span> {
        let Some(patterns) = &self.patterns else { return Vec::new() };
        let mut found: Vec<Span> = patterns
            .find_overlapping_iter(text)
            .map(|found| Span::new(&found, found.start(), found.end()))
            .collect();
        let normalized =
            [NormalizedText::without_escapes, NormalizedText::without_layout, NormalizedText::decoded];
        for normalized in normalized.into_iter().filter_map(|of| of(text)) {
            found.extend(patterns.find_overlapping_iter(&normalized.bytes).map(|found| {
                let (start, end) = normalized.span(found.start(), found.end());
                Span::new(&found, start, end)
            }));
        }
        for span in &mut found {
            let whole = if self.lists[span.pattern] { whole_numbers } else { whole_escapes };
            span.is_list = self.lists[span.pattern];
            (span.start, span.end) = whole(text.as_bytes(), span.start, span.end);
        }
        found.sort_unstable_by_key(|span| (span.start, span.end));
        let mut spans: Vec<Span> = Vec::new();
        for span in found {
            match spans.last_mut() {
                Some(last) if last.end > span.start => last.swallow(&span),
                _ => spans.push(span),
            }
        }
        spans
    }
}

/// Extends a span to the start of the escape with which it begins, at any depth, and excludes the escapes with which it
/// ends, because the following text may belong to them. Half an escape must not remain.
fn whole_escapes(text: &[u8], start: usize, end: usize) -> (usize, usize) {
    let is_backslash = |byte: &&u8| **byte == b'\\';
    let before = text[..start].iter().rev().take_while(is_backslash).count();
    let last = text[start..end].iter().rev().take_while(is_backslash).count();
    (start - before, if last == end - start { end } else { end - last })
}

/// Extends a span of numbers to all digits of its first and last number.
fn whole_numbers(text: &[u8], start: usize, end: usize) -> (usize, usize) {
    let is_digit = |byte: &&u8| byte.is_ascii_digit();
    let before = text[..start].iter().rev().take_while(is_digit).count();
    let after = text[end..].iter().take_while(is_digit).count();
    (start - before, end + after)
}

fn is_list(form: &[u8]) -> bool {
    form.contains(&b',') && form.iter().all(|byte| byte.is_ascii_digit() || *byte == b',')
}

/// Returns whether the text after this beginning of a JSON line is outside of its strings.
fn is_between_texts(before: &str) -> bool {
    let mut is_escaped = false;
    let mut is_within = false;
    for byte in before.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_within = !is_within,
            _ => {}
        }
    }
    !is_within
}

struct Span {
    start: usize,
    end: usize,
    /// Whether the span is a list of numbers alone.
    is_list: bool,
    /// The pattern whose label replaces the span: the longest value's.
    pattern: usize,
    longest: usize,
}

impl Span {
    fn new(found: &Match, start: usize, end: usize) -> Self {
        Self { start, end, is_list: false, pattern: found.pattern().as_usize(), longest: found.len() }
    }

    fn swallow(&mut self, other: &Span) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
        self.is_list &= other.is_list;
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
    fn a_value_is_found_whichever_of_its_characters_were_encoded() {
        let redactor = redactor(&[("Key", "p@ss\"w$o rd&<x>%41\\ü\n'end")]);
        for text in [
            "p@ss%22w$o%20rd&%3Cx%3E%2541%5C%C3%BC%0A'end",
            "p@ss%22w$o%20rd&%3Cx%3E%41/%C3%BC%0A'end",
            "p@ss%22w$o%20rd&%3Cx%3E%41\\%c3%bc%0A%27end",
            "p@ss&quot;w$o rd&amp;&lt;x>%41\\ü\\n'end",
            "p@ss&#34;w&#36;o rd&amp;&lt;x&gt;%41\\\\ü\\n&#x27;end",
        ] {
            let expected =
                if text.contains('/') { format!("<{text}> 100%") } else { "<[secret Key]> 100%".to_owned() };
            assert_eq!(redactor.redact(&format!("<{text}> 100%")), expected);
        }
        assert_eq!(redactor.redact("100% &amp; %zz &#999; &;"), "100% &amp; %zz &#999; &;");
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
