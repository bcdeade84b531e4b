//! The parts of a line in JSON, written without the formatting machinery: a line is written for each request.

use std::net::IpAddr;
use std::time::UNIX_EPOCH;

use serde_json::Value;
use twinloop_runtime::telemetry::{AccessEntry, TraceContext};

/// Whether a byte needs an escape within a text of JSON.
const ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = true;
        control += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

/// Adds `text` as JSON.
pub(super) fn quoted(line: &mut String, text: &str) {
    if text.bytes().any(|byte| ESCAPED[usize::from(byte)]) {
        line.push_str(&Value::from(text).to_string());
        return;
    }
    line.push('"');
    line.push_str(text);
    line.push('"');
}

/// Adds a field whose value is a text, where there is one. `name` is what stands before the value, such as `,"route":`.
pub(super) fn field(line: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        line.push_str(name);
        quoted(line, value);
    }
}

/// Adds a field whose value is a whole number.
pub(super) fn number(line: &mut String, name: &str, value: impl itoa::Integer) {
    line.push_str(name);
    line.push_str(itoa::Buffer::new().format(value));
}

/// Adds a field whose value is an address, where there is one.
pub(super) fn address(line: &mut String, name: &str, value: Option<IpAddr>) {
    let Some(ip) = value else { return };
    line.push_str(name);
    line.push('"');
    match ip {
        IpAddr::V4(ip) => {
            for (at, octet) in ip.octets().into_iter().enumerate() {
                number(line, if at > 0 { "." } else { "" }, octet);
            }
        }
        IpAddr::V6(ip) => line.push_str(&ip.to_string()),
    }
    line.push('"');
}

/// Adds the ids of the request's span, where it has one; the names are what stands before the values.
pub(super) fn ids(line: &mut String, [trace, span]: [&str; 2], context: Option<TraceContext>) {
    let Some(context) = context else { return };
    for (name, digits) in [(trace, &context.trace.digits()[..]), (span, &context.span.digits())] {
        line.push_str(name);
        line.push('"');
        line.push_str(std::str::from_utf8(digits).unwrap_or_default());
        line.push('"');
    }
}

/// Adds the time of a request in milliseconds since 1970.
pub(super) fn time(line: &mut String, name: &str, entry: &AccessEntry<'_>) {
    let since = entry.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    number(line, name, since.as_secs() * 1_000 + u64::from(since.subsec_millis()));
}

/// Adds the duration of a request in milliseconds, with microseconds as fractions.
pub(super) fn milliseconds(line: &mut String, name: &str, entry: &AccessEntry<'_>) {
    // In 64 bits: a division of 128 is a call.
    let micros = entry.took.as_secs() * 1_000_000 + u64::from((entry.took.subsec_nanos() + 500) / 1_000);
    number(line, name, micros / 1_000);
    let fraction = micros % 1_000;
    if fraction > 0 {
        let digits = [fraction / 100, fraction / 10 % 10, fraction % 10];
        let shown = digits.iter().rposition(|&digit| digit > 0).map_or(0, |last| last + 1);
        line.push('.');
        digits[..shown].iter().for_each(|&digit| number(line, "", digit));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::access::tests::entry;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut line = String::new();
        write(&mut line);
        line
    }

    #[test]
    fn a_text_is_json_whatever_it_holds() {
        for text in ["", "plain", "é𝄞", "a\"b\\c", "\u{0}\u{1f}\n\u{7f}"] {
            let line = written(|line| quoted(line, text));
            assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }

    #[test]
    fn an_address_is_written_as_usual() {
        for ip in ["127.0.0.1", "0.10.255.9", "::1", "2001:db8::ff"] {
            assert_eq!(written(|line| address(line, ":", ip.parse().ok())), format!(":\"{ip}\""));
        }
        assert_eq!(written(|line| address(line, ":", None)), "");
    }

    #[test]
    fn milliseconds_have_the_fractions_that_they_need() {
        let cases = [
            (0, "0"),
            (499, "0"),
            (500, "0.001"),
            (50_000, "0.05"),
            (100_000, "0.1"),
            (1_234_000, "1.234"),
            (2_000_000, "2"),
            (60_000_120_400, "60000.12"),
        ];
        for (nanos, expected) in cases {
            let entry = AccessEntry { took: Duration::from_nanos(nanos), ..entry() };
            assert_eq!(written(|line| milliseconds(line, "", &entry)), expected);
        }
    }
}
