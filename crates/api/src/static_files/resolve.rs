//! Conversion of a request's path to the path of a file within the folder.

use std::path::{Component, Path, PathBuf};

/// The one hidden name that is served.
///
/// Source: RFC 8615.
const WELL_KNOWN: &str = ".well-known";

const INDEX: &str = "index.html";

/// Converts a raw path below the route to a file's path relative to the folder; the folder itself, and a path that ends in a
/// slash, give `index.html`.
///
/// Returns `None` for a path that names no file: with an empty or dot segment, a hidden name, a separator, NUL (raw or
/// percent-encoded) or a broken escape.
pub(crate) fn resolve(rest: &str) -> Option<PathBuf> {
    let decoded: Option<Vec<String>> = rest.split('/').map(decode).collect();
    from_segments(decoded?.iter().map(String::as_str))
}

/// Converts a path that is not percent-encoded, as [`resolve`] does.
pub(crate) fn resolve_decoded(path: &str) -> Option<PathBuf> {
    from_segments(path.split('/'))
}

/// Whether a path within the folder has a hidden segment.
pub(crate) fn is_hidden(relative: &Path) -> bool {
    relative.components().enumerate().any(|(index, component)| {
        let name = component.as_os_str();
        name.as_encoded_bytes().starts_with(b".") && !(index == 0 && name == WELL_KNOWN)
    })
}

fn from_segments<'a>(segments: impl Iterator<Item = &'a str>) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    let mut segments = segments.peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        let name = if is_last && segment.is_empty() { INDEX } else { segment };
        if !is_plain(name) {
            return None;
        }
        path.push(name);
    }
    (!is_hidden(&path)).then_some(path)
}

/// Whether a name is one plain path segment on every platform.
fn is_plain(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let is_one_step = matches!(components.next(), Some(Component::Normal(step)) if step == name)
        && components.next().is_none();
    is_one_step && !name.contains(['/', '\\', '\0']) && !(cfg!(windows) && name.contains(':'))
}

fn decode(segment: &str) -> Option<String> {
    if !segment.contains('%') {
        return Some(segment.to_owned());
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = after;
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        bytes.push(hex(digits[0])? << 4 | hex(digits[1])?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_file_below_the_folder() {
        let cases = [
            ("", "index.html"),
            ("a.txt", "a.txt"),
            ("docs/", "docs/index.html"),
            ("docs/a%20b.txt", "docs/a b.txt"),
            ("%e2%82%AC", "€"),
            ("a..b", "a..b"),
            (".well-known/acme", ".well-known/acme"),
        ];
        for (rest, expected) in cases {
            assert_eq!(resolve(rest), Some(PathBuf::from(expected)), "{rest}");
        }
    }

    #[test]
    fn refuses_what_could_leave_the_folder_or_show_hidden_files() {
        let cases = [
            "..",
            "../a",
            "a/../b",
            "a/..",
            ".",
            "./a",
            "a/./b",
            "%2e%2e/a",
            "%2e%2e",
            "..%2fa",
            "a%2fb",
            "%2fa",
            "/a",
            "//a",
            "a//b",
            "a\\b",
            "..\\a",
            "%5c..%5ca",
            "a%00",
            "%00",
            "a%",
            "a%2",
            "a%zz",
            "%ff",
            "%c0%ae%c0%ae/a",
            ".env",
            "a/.git/b",
            ".git/config",
            "%2eenv",
            "a/.well-known/b",
            ".well-known/.b",
            "a/ /../b",
            "...a",
        ];
        for rest in cases {
            assert_eq!(resolve(rest), None, "{rest}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_climbs(rest in r"([a.%2eEfF5cC/\\]|%2e|%2f|%5c|\.\.){0,24}") {
            if let Some(path) = resolve(&rest) {
                assert!(path.components().all(|component| matches!(component, Component::Normal(_))), "{rest}");
                assert!(!path.to_string_lossy().contains('\\'), "{rest}");
            }
        }
    }
}
