//! A tokenizer for SQL text that tells words from literals, quoted names and comments.

/// A token of SQL text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A word outside of quotes: a keyword, a name or a number.
    Word(&'a str),
    /// A quoted name, without its double quotes.
    Name(&'a str),
    /// A string constant, in quotes or dollar-quoted.
    Literal,
    Semicolon,
    Symbol(u8),
}

impl Token<'_> {
    /// Whether the token is this keyword; case is ignored.
    pub(crate) fn is(self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// The tokens of a text.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'a> {
    sql: &'a str,
    rest: &'a [u8],
}

/// Tokenizes a text.
pub(crate) fn tokens(sql: &str) -> Tokens<'_> {
    Tokens { sql, rest: sql.as_bytes() }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.rest;
            let [first, tail @ ..] = rest else { return None };
            let (after, token) = match rest {
                [b'-', b'-', ..] => (after(rest, b"\n"), None),
                [b'/', b'*', ..] => (after_comment(rest), None),
                _ if first.is_ascii_whitespace() => (tail, None),
                [b';', ..] => (tail, Some(Token::Semicolon)),
                [b'e' | b'E', b'\'', ..] => (after_escaped(&rest[2..]), Some(Token::Literal)),
                [b'\'', ..] => (self::after(tail, b"'"), Some(Token::Literal)),
                [b'"', ..] => {
                    let after = self::after(tail, b"\"");
                    (after, Some(Token::Name(self.between(tail, after).trim_end_matches('"'))))
                }
                [b'$', ..] => match after_dollar(rest) {
                    Some(after) => (after, Some(Token::Literal)),
                    None => (tail, Some(Token::Symbol(b'$'))),
                },
                _ if is_word(*first) => {
                    let after = &rest[rest.iter().take_while(|byte| is_word(**byte)).count()..];
                    (after, Some(Token::Word(self.between(rest, after))))
                }
                _ => (tail, Some(Token::Symbol(*first))),
            };
            self.rest = after;
            if token.is_some() {
                return token;
            }
        }
    }
}

impl<'a> Tokens<'a> {
    /// The text between two tails of it.
    fn between(&self, start: &[u8], end: &[u8]) -> &'a str {
        let length = self.sql.len();
        self.sql.get(length - start.len()..length - end.len()).unwrap_or_default()
    }
}

/// Whether a byte continues a word. A dollar sign does, and opens no literal there.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn after<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    let found = text.windows(end.len()).position(|window| window == end);
    found.map_or(&[], |at| &text[at + end.len()..])
}

/// The text after a block comment; block comments nest.
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

/// The text after an escape string (`E'…'`), in which a backslash escapes the next byte.
fn after_escaped(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [b'\'', tail @ ..] => return tail,
            [b'\\', _, tail @ ..] | [_, tail @ ..] => tail,
            [] => return text,
        };
    }
}

/// The text after `$tag$ … $tag$`; `None` where the dollar sign opens no literal.
fn after_dollar(text: &[u8]) -> Option<&[u8]> {
    let tag = text[1..].iter().take_while(|byte| is_word(**byte) && **byte != b'$').count();
    match text.get(tag + 1) {
        Some(b'$') if !text[1].is_ascii_digit() => Some(after(&text[tag + 2..], &text[..tag + 2])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_told_from_literals_names_and_comments() {
        let sql = "select 'a;b', \"c d\", $t$ ; $t$ -- end\n from x /* /* y */ */; $1 a$b e'\\''";
        let words: Vec<&str> = tokens(sql)
            .filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None })
            .collect();
        assert_eq!(words, ["select", "from", "x", "1", "a$b"]);
        assert_eq!(tokens(sql).filter(|token| *token == Token::Literal).count(), 3);
        assert!(tokens(sql).any(|token| token == Token::Name("c d")));
        assert_eq!(tokens(sql).filter(|token| *token == Token::Semicolon).count(), 1);
    }

    proptest! {
        #[test]
        fn every_text_has_an_end(sql in ".*") {
            prop_assert!(tokens(&sql).count() <= sql.len());
        }
    }
}
