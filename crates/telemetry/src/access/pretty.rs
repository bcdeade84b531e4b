//! Lines for people: `12:34:56.789 INFO  GET /links/7 200 1.2 ms endpoint=links.get`, as the app's own lines are written.

use std::fmt::Write as _;

use chrono::{DateTime, Local};
use twinloop_runtime::telemetry::AccessEntry;

use crate::access::{WARN, level, milliseconds, sentence};

/// ANSI's codes of colours, and the code that ends one.
const GRAY: &str = "\u{1b}[90m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const END: &str = "\u{1b}[39m";

/// How lines for people look.
pub(crate) struct PrettyForm {
    /// Whether there are colours.
    pub(crate) colours: bool,
}

impl PrettyForm {
    /// Adds the line of a request, without its line feed.
    pub(crate) fn write(&self, line: &mut String, entry: &AccessEntry<'_>) {
        let clock = DateTime::<Local>::from(entry.time).format("%H:%M:%S%.3f").to_string();
        let (label, colour) = if level(entry) == WARN { ("WARN ", YELLOW) } else { ("INFO ", GREEN) };
        self.paint(line, GRAY, &clock);
        line.push(' ');
        self.paint(line, colour, label);
        let _ = write!(line, " {} {} ms", visible(&sentence(entry)), milliseconds(entry));
        let trace = entry.context.map(|context| context.trace.to_string());
        let fields = [
            ("endpoint", entry.endpoint),
            ("principal", entry.principal),
            ("refusal", entry.refusal),
            ("trace_id", trace.as_deref()),
        ];
        for (name, value) in fields {
            let Some(value) = value else { continue };
            line.push(' ');
            self.paint(line, GRAY, &format!("{name}="));
            line.push_str(&visible(value));
        }
    }

    fn paint(&self, line: &mut String, colour: &str, text: &str) {
        let _ = if self.colours { write!(line, "{colour}{text}{END}") } else { write!(line, "{text}") };
    }
}

/// Escapes control characters, so that text from outside cannot move the cursor, change colours or forge a line.
fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            let _ = write!(seen, "\\x{:02x}", u32::from(letter));
        } else {
            seen.push(letter);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::tests::entry;

    fn line(colours: bool, entry: &AccessEntry<'_>) -> String {
        let mut line = String::new();
        PrettyForm { colours }.write(&mut line, entry);
        line
    }

    #[test]
    fn a_line_is_read_at_a_glance_and_cannot_be_forged() {
        let plain = line(false, &entry());
        let rest = plain.get(12..).unwrap();
        assert_eq!(
            rest,
            " INFO  GET /links/\\x1b[31m\"7\" 200 1.234 ms endpoint=links.get principal=ada trace_id=4bf92f3577b34da6a3ce929d0e0e4736"
        );
        assert!(plain.get(8..12).unwrap() == ".123", "{plain}");
        assert!(!line(false, &AccessEntry { path: "/a\n12:00 INFO", ..entry() }).contains('\n'));
    }

    #[test]
    fn colours_are_those_of_the_apps_lines() {
        let painted = line(true, &AccessEntry { status: 500, ..entry() });
        assert!(painted.starts_with("\u{1b}[90m") && painted.contains("\u{1b}[33mWARN \u{1b}[39m"));
    }
}
