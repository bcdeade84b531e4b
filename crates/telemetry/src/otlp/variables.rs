//! The environment's variables whose names begin with `OTEL_`, read one by one; what cannot be obeyed is a problem.
//!
//! Source: OpenTelemetry specification, "Environment Variable Specification" and "OpenTelemetry Protocol Exporter".

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The variables, the names that were asked for, and the problems that were found.
pub(super) struct Variables<'a> {
    given: &'a BTreeMap<String, String>,
    asked: RefCell<BTreeSet<String>>,
    problems: RefCell<Vec<String>>,
}

impl<'a> Variables<'a> {
    /// The variables of an environment.
    pub(super) fn new(given: &'a BTreeMap<String, String>) -> Self {
        Self { given, asked: RefCell::default(), problems: RefCell::default() }
    }

    /// Notes a problem, once: a variable for both signals is read by each.
    pub(super) fn problem(&self, problem: String) {
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// All problems.
    pub(super) fn into_problems(self) -> Vec<String> {
        self.problems.into_inner()
    }

    /// Variables that nobody asked for: they are set, and change nothing.
    pub(super) fn unknown(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        let is_set = |name: &&String| !self.given[*name].trim().is_empty();
        self.given.keys().filter(is_set).filter(|name| !asked.contains(*name)).cloned().collect()
    }

    /// A variable's value; an empty one is none.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.asked.borrow_mut().insert(name.to_owned());
        self.given.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A variable for one signal, or the one for all: `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT` before `OTEL_EXPORTER_OTLP_TIMEOUT`.
    pub(super) fn of_signal(&self, signal: &str, rest: &str) -> Option<(String, &'a str)> {
        let names = [format!("OTEL_EXPORTER_OTLP_{signal}_{rest}"), format!("OTEL_EXPORTER_OTLP_{rest}")];
        // Both are asked for, so that neither counts as unknown.
        let found: Vec<_> = names.into_iter().map(|name| (self.text(&name), name)).collect();
        found.into_iter().find_map(|(value, name)| Some((name, value?)))
    }

    /// A truth value. Problems: anything but `true` and `false`.
    pub(super) fn is_true(&self, name: &str) -> bool {
        match self.text(name).map(str::to_lowercase).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                self.problem(format!("{name} is {other:?}: it is true or false"));
                false
            }
        }
    }

    /// A duration in whole milliseconds, above zero.
    pub(super) fn milliseconds(&self, name: &str) -> Option<Duration> {
        self.count(name).map(|count| Duration::from_millis(count as u64))
    }

    /// A whole number above zero.
    pub(super) fn count(&self, name: &str) -> Option<usize> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(count) if count > 0 => Some(count),
            _ => {
                self.problem(format!("{name} is {text:?}: it is a whole number above 0"));
                None
            }
        }
    }

    /// Pairs of a list `name=value,name=value` whose values are percent-encoded (W3C Baggage). The values are not told in problems.
    pub(super) fn pairs(&self, name: &str, text: &str) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (place, pair) in text.split(',').enumerate().filter(|(_, pair)| !pair.trim().is_empty()) {
            let read = pair.split_once('=').and_then(|(key, value)| {
                let (key, value) = (percent_decoded(key.trim())?, percent_decoded(value.trim())?);
                (!key.is_empty()).then_some((key, value))
            });
            match read {
                Some(read) => pairs.push(read),
                None => self.problem(format!(
                    "{name}: entry {} is no name=value; entries are parted by commas, and values are percent-encoded",
                    place + 1
                )),
            }
        }
        pairs
    }
}

/// Decodes `%20` and the like; `None` for what is not encoded so, or not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, further)) = rest.split_first() {
        rest = further;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_told_by_place() {
        let given = BTreeMap::new();
        let variables = Variables::new(&given);
        let pairs = variables.pairs("OTEL_X", "api-key=a%20b%2C, team = core ,,");
        assert_eq!(
            pairs,
            [("api-key".to_owned(), "a b,".to_owned()), ("team".to_owned(), "core".to_owned())]
        );
        for bad in ["hunter2", "=hunter2", "a=%zz", "a=%4", "a=%ff"] {
            let variables = Variables::new(&given);
            variables.pairs("OTEL_X", &format!("ok=1,{bad}"));
            let problems = variables.into_problems();
            assert!(
                problems.len() == 1 && problems[0].contains("entry 2") && !problems[0].contains("hunter2"),
                "{problems:?}"
            );
        }
    }
}
