//! Whether a body calls itself JSON.

use crate::guard::is_token;

/// Reads a content-type strictly: `application/json` or `application/<anything>+json`, parameters well formed, charset
/// UTF-8 if any.
///
/// One reading, used to refuse and by nothing else: a validator and a parser that read this header each in their own way
/// are how unvalidated bodies have got through elsewhere. Source: RFC 9110, section 8.3.1.
pub(crate) fn is_json(value: &[u8]) -> bool {
    let (kind, mut rest) = token(value);
    if !kind.eq_ignore_ascii_case(b"application") {
        return false;
    }
    let Some(after_slash) = rest.strip_prefix(b"/") else { return false };
    let (subtype, after) = token(after_slash);
    let is_json = subtype.eq_ignore_ascii_case(b"json")
        || (subtype.len() > 5 && subtype[subtype.len() - 5..].eq_ignore_ascii_case(b"+json"));
    rest = after;
    if !is_json {
        return false;
    }
    loop {
        rest = skip_blanks(rest);
        let Some(after) = rest.strip_prefix(b";") else { return rest.is_empty() };
        rest = skip_blanks(after);
        if rest.is_empty() || rest[0] == b';' {
            continue;
        }
        let (name, after) = token(rest);
        let Some((content, after)) = after.strip_prefix(b"=").and_then(parameter_value) else { return false };
        if name.is_empty()
            || (name.eq_ignore_ascii_case(b"charset") && !content.eq_ignore_ascii_case(b"utf-8"))
        {
            return false;
        }
        rest = after;
    }
}

fn token(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.iter().position(|&byte| !is_token(byte)).unwrap_or(bytes.len()))
}

/// A token, or a quoted string without its quotes. Escapes are kept as written, so an escaped charset is not UTF-8.
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
