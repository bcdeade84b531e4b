//! Whether a text holds more than one statement.

/// Whether anything follows a semicolon that ends a statement. Semicolons in literals, names and comments end none.
pub(crate) fn holds_several(sql: &str) -> bool {
    let mut rest = sql.as_bytes();
    let mut ended = false;
    while let [first, tail @ ..] = rest {
        rest = match rest {
            [b'-', b'-', ..] => after(rest, b"\n"),
            [b'/', b'*', ..] => after_comment(rest),
            _ if first.is_ascii_whitespace() => tail,
            [b';', ..] => {
                ended = true;
                tail
            }
            _ if ended => return true,
            [b'e' | b'E', b'\'', ..] => after_escaped(&rest[2..]),
            [b'\'', ..] => after(tail, b"'"),
            [b'"', ..] => after(tail, b"\""),
            [b'$', ..] => after_dollar(rest),
            _ if is_word(*first) => &rest[rest.iter().take_while(|byte| is_word(**byte)).count()..],
            _ => tail,
        };
    }
    false
}

/// A dollar belongs to a word that has begun, and then opens no literal.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn after<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    let found = text.windows(end.len()).position(|window| window == end);
    found.map_or(&[], |at| &text[at + end.len()..])
}

/// Block comments nest.
fn after_comment(text: &[u8]) -> &[u8] {
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < text.len() {
        match &text[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return &text[at..];
        }
    }
    &[]
}

/// After a literal in which a backslash takes the next byte with it.
fn after_escaped(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [b'\'', tail @ ..] => return tail,
            [b'\\', _, tail @ ..] | [_, tail @ ..] => tail,
            [] => return text,
        };
    }
}

/// After `$tag$ … $tag$`, or after the dollar where it opens no literal.
fn after_dollar(text: &[u8]) -> &[u8] {
    let tag = text[1..].iter().take_while(|byte| is_word(**byte) && **byte != b'$').count();
    match text.get(tag + 1) {
        Some(b'$') if !text[1].is_ascii_digit() => after(&text[tag + 2..], &text[..tag + 2]),
        _ => &text[1..],
    }
}
