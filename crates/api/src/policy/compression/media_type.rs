//! The media types that compress well.

use http::HeaderValue;

/// Types besides `text/*`, `*+json`, `*+xml` and `*+text`.
const COMPRESSIBLE: [&str; 16] = [
    "application/json",
    "application/javascript",
    "application/x-javascript",
    "application/ecmascript",
    "application/xml",
    "application/x-ndjson",
    "application/jsonl",
    "application/json-seq",
    "application/graphql",
    "application/wasm",
    "application/x-www-form-urlencoded",
    "application/rtf",
    "font/ttf",
    "font/otf",
    "image/bmp",
    "image/x-icon",
];

/// Whether content of this type is worth compressing. Events are not: each must leave at once. Neither is content without a type.
pub(super) fn is_compressible(content_type: Option<&HeaderValue>) -> bool {
    let Some(Ok(text)) = content_type.map(HeaderValue::to_str) else { return false };
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = essence.starts_with("text/") && essence != "text/event-stream";
    let has_suffix = ["+json", "+xml", "+text"].iter().any(|suffix| essence.ends_with(suffix));
    is_text || has_suffix || COMPRESSIBLE.contains(&essence.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_and_pictures_are_not() {
        let is = |text: &'static str| is_compressible(Some(&HeaderValue::from_static(text)));
        for yes in [
            "text/html",
            "Text/Plain; charset=utf-8",
            "application/problem+json",
            "image/svg+xml",
            "application/wasm",
        ] {
            assert!(is(yes), "{yes}");
        }
        for no in [
            "text/event-stream",
            "image/png",
            "application/octet-stream",
            "video/mp4",
            "",
            "application/gzip",
            "font/woff2",
        ] {
            assert!(!is(no), "{no}");
        }
        assert!(!is_compressible(None));
    }
}
