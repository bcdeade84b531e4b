//! Media types of files.

use std::path::Path;

use http::HeaderValue;

/// The media type by the file's extension, `application/octet-stream` for an unknown one; text is said to be UTF-8.
pub(crate) fn of(path: &Path) -> HeaderValue {
    match mime_guess::from_path(path).first_raw() {
        None => HeaderValue::from_static("application/octet-stream"),
        // RFC 9239 registers `text/javascript` in place of `application/javascript`.
        Some("application/javascript") => HeaderValue::from_static("text/javascript; charset=utf-8"),
        Some(text) if text.starts_with("text/") => with_charset(text),
        Some(media_type) => HeaderValue::from_static(media_type),
    }
}

/// Adds the charset to text types; JSON and XML define or declare theirs.
fn with_charset(text: &'static str) -> HeaderValue {
    HeaderValue::try_from(format!("{text}; charset=utf-8")).unwrap_or(HeaderValue::from_static(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_a_charset_and_the_unknown_is_bytes() {
        let cases = [
            ("index.html", "text/html; charset=utf-8"),
            ("APP.JS", "text/javascript; charset=utf-8"),
            ("app.mjs", "text/javascript; charset=utf-8"),
            ("style.css", "text/css; charset=utf-8"),
            ("notes.txt", "text/plain; charset=utf-8"),
            ("data.json", "application/json"),
            ("icon.svg", "image/svg+xml"),
            ("photo.webp", "image/webp"),
            ("font.woff2", "font/woff2"),
            ("code.wasm", "application/wasm"),
            ("LICENSE", "application/octet-stream"),
            ("what.unheardof", "application/octet-stream"),
        ];
        for (name, expected) in cases {
            assert_eq!(of(Path::new(name)), expected, "{name}");
        }
    }
}
