//! A strict check that a `content-type` is JSON.

use crate::guard::is_token;

/// Whether a `content-type` is `application/json` or `application/<anything>+json`, with well-formed parameters and the charset
/// UTF-8, if any.
///
/// The header only decides whether a body is refused, never how it is parsed: a validator and a parser that interpret it
/// differently let unvalidated bodies through. Source: RFC 9110, section 8.3.1.
pub(crate) fn is_json(value: &[u8]) -> bool {
    read(value, |_, _| {}).is_some_and(|(kind, subtype)| {
        kind.eq_ignore_ascii_case(b"application")
            && (subtype.eq_ignore_ascii_case(b"json")
                || (subtype.len() > 5 && subtype[subtype.len() - 5..].eq_ignore_ascii_case(b"+json")))
    })
}

/// Reads the type and subtype of a `content-type`, and visits its parameters; `None` for one that is not well-formed, or has a
/// charset other than UTF-8.
fn read<'h>(value: &'h [u8], mut visit: impl FnMut(&'h [u8], &'h [u8])) -> Option<(&'h [u8], &'h [u8])> {
    let (kind, rest) = token(value);
    let (subtype, mut rest) = token(rest.strip_prefix(b"/")?);
    loop {
        rest = skip_blanks(rest);
        let Some(after) = rest.strip_prefix(b";") else { break };
        rest = skip_blanks(after);
        if rest.is_empty() || rest[0] == b';' {
            continue;
        }
        let (name, after) = token(rest);
        let (content, after) = after.strip_prefix(b"=").and_then(parameter_value)?;
        let is_foreign = name.eq_ignore_ascii_case(b"charset") && !content.eq_ignore_ascii_case(b"utf-8");
        if name.is_empty() || is_foreign {
            return None;
        }
        visit(name, content);
        rest = after;
    }
    (rest.is_empty() && !kind.is_empty() && !subtype.is_empty()).then_some((kind, subtype))
}

/// A media type with its parameters, as a header gives them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MediaType<'h> {
    kind: &'h [u8],
    subtype: &'h [u8],
    parameters: Vec<(&'h [u8], &'h [u8])>,
}

impl<'h> MediaType<'h> {
    /// Reads a `content-type`; `None` for one that is not well-formed, or whose charset is not UTF-8.
    pub(crate) fn parse(value: &'h [u8]) -> Option<Self> {
        let mut parameters = Vec::new();
        let (kind, subtype) = read(value, |name, content| parameters.push((name, content)))?;
        Some(Self { kind, subtype, parameters })
    }

    /// Whether the type is `kind/subtype`; the subtype `*` is any.
    pub(crate) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
            && (subtype == "*" || self.subtype.eq_ignore_ascii_case(subtype.as_bytes()))
    }

    /// The first value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'h [u8]> {
        let is_named = |(own, _): &&(&[u8], &[u8])| own.eq_ignore_ascii_case(name.as_bytes());
        self.parameters.iter().find(is_named).map(|(_, value)| *value)
    }
}

fn token(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.iter().position(|&byte| !is_token(byte)).unwrap_or(bytes.len()))
}

/// Splits off a token, or a quoted string without its quotes. Escapes are kept, so that an escaped charset is not UTF-8.
fn parameter_value(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(quoted) = bytes.strip_prefix(b"\"") else {
        let (value, rest) = token(bytes);
        return (!value.is_empty()).then_some((value, rest));
    };
    let mut at = 0;
    loop {
        match *quoted.get(at)? {
            b'"' => return Some((&quoted[..at], &quoted[at + 1..])),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn skip_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count();
    &bytes[blanks..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn knows_json_in_every_spelling() {
        for value in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json ; a=b;c=\"d;\\\"e\"",
            "application/json;",
            "application/problem+json",
            "application/vnd.api+JSON; charset=utf-8",
        ] {
            assert!(is_json(value.as_bytes()), "{value:?}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for value in [
            "",
            "json",
            "text/json",
            "application/",
            "application/+json",
            "application/jsonx",
            "application/json garbage",
            "application/json\tx",
            "application/json,text/html",
            "application/json; charset=latin1",
            "application/json; charset",
            "application/json; charset=",
            "application/json; =utf-8",
            "application/json; charset=\"utf-8",
            " application/json",
            "application /json",
            "application/json; charset=utf-8 x",
            "application/x-json",
            "application/json; charset=u\"tf-8\"",
            "application/json;a=b c=d",
            "application/json; charset=utf-8; charset=utf-16",
        ] {
            assert!(!is_json(value.as_bytes()), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(value in any::<Vec<u8>>()) {
            is_json(&value);
        }

        #[test]
        fn never_panics_close_to_the_grammar(value in "application/json[;=\"\\\\ a]{0,12}") {
            is_json(value.as_bytes());
        }
    }
}
