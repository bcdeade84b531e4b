//! Skipping of values: checks that they are JSON, in a loop instead of recursion.

use crate::json::scanner::{NumberToken, Scanner, StringToken};
use crate::json::syntax_error::SyntaxError;

/// A visitor of the tokens of a skipped value.
pub(crate) trait Passed {
    fn string(&mut self, _start: usize, _token: &StringToken<'_>) {}

    fn number(&mut self, _token: &NumberToken<'_>) {}

    fn opened(&mut self, _start: usize) {}

    fn closed(&mut self, _end: usize) {}
}

/// The visitor for a dropped value, whose numbers may be of any size.
pub(crate) struct Dropped;

impl Passed for Dropped {}

/// The token that follows a value in the containers around it.
enum Next {
    Value,
    Done,
}

impl Scanner<'_> {
    /// Skips the value that begins with `first`, the byte at the position.
    pub(crate) fn skip(&mut self, first: u8, passed: &mut impl Passed) -> Result<(), SyntaxError> {
        let outside = self.depth;
        // One bit per level, set for an object; 128 bits suffice for `MAX_DEPTH`.
        let mut objects: u128 = 0;
        let mut byte = first;
        loop {
            if matches!(byte, b'{' | b'[') {
                let object = byte == b'{';
                passed.opened(self.position);
                self.open()?;
                objects = (objects << 1) | u128::from(object);
                if !self.close_if(if object { b'}' } else { b']' })? {
                    if object {
                        self.key()?;
                    }
                    byte = self.peek()?;
                    continue;
                }
                passed.closed(self.position);
                objects >>= 1;
            } else {
                self.skip_scalar(byte, passed)?;
            }
            match self.after_value(outside, &mut objects, passed)? {
                Next::Done => return Ok(()),
                Next::Value => byte = self.peek()?,
            }
        }
    }

    /// Closes containers until one has a further value, or the outermost is closed.
    fn after_value(
        &mut self,
        outside: u32,
        objects: &mut u128,
        passed: &mut impl Passed,
    ) -> Result<Next, SyntaxError> {
        while self.depth > outside {
            let object = *objects & 1 == 1;
            if self.more(if object { b'}' } else { b']' })? {
                if object {
                    self.key()?;
                }
                return Ok(Next::Value);
            }
            passed.closed(self.position);
            *objects >>= 1;
        }
        Ok(Next::Done)
    }

    fn skip_scalar(&mut self, first: u8, passed: &mut impl Passed) -> Result<(), SyntaxError> {
        let start = self.position;
        match first {
            b'"' => {
                let token = self.string()?;
                passed.string(start, &token);
            }
            b'-' | b'0'..=b'9' => {
                let token = self.number()?;
                passed.number(&token);
            }
            _ => {
                self.scalar(first)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(text: &str) -> bool {
        let mut scanner = Scanner::new(text);
        scanner
            .peek()
            .and_then(|first| scanner.skip(first, &mut Dropped))
            .and_then(|()| scanner.finish())
            .is_ok()
    }

    #[test]
    fn a_skipped_value_must_be_json() {
        for text in [
            "1",
            "[]",
            "{}",
            "[[],{}]",
            r#"{"a":[1,{"b":null}],"c":"d"}"#,
            " [ 1 , true ] ",
            "1e400",
            r#"{"a":1,"a":2}"#,
        ] {
            assert!(passes(text), "{text}");
        }
        for text in [
            "",
            "[",
            "]",
            "[1,]",
            "[,1]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            "[1}",
            r#"{"a":1]"#,
            "[1 2]",
            "nul",
            "[1]]",
        ] {
            assert!(!passes(text), "{text}");
        }
    }

    #[test]
    fn a_hundred_and_twenty_eight_levels_pass_and_one_more_does_not() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(passes(&nested(128)));
        assert!(!passes(&nested(129)));
        assert!(!passes(&"[".repeat(100_000)));
        assert!(passes(&format!("[{}{}]", "{\"a\":".repeat(126) + "[", "]".to_owned() + &"}".repeat(126))));
    }
}
