//! Literals and enums, compared by JavaScript's `===`.

use std::fmt;

use crate::ir::class::Class;
use crate::issues::issue::excerpt;
use crate::json::scanner::{NumberToken, Scalar, StringToken, whole_number};

/// The values that a literal or an enum allows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    /// The strings, sorted.
    strings: Vec<Box<str>>,
    /// The numbers, sorted; `-0` is stored as `0`.
    numbers: Vec<f64>,
    no: bool,
    yes: bool,
    null: bool,
    /// The phrase for issues: all values in the order of declaration.
    label: Box<str>,
}

/// The value of a literal type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Boolean(bool),
    Number(f64),
    String(String),
}

/// Writes the literal in TypeScript's syntax.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::String(text) => f.write_str(&excerpt(text)),
        }
    }
}

impl Choice {
    pub(crate) fn new(values: impl IntoIterator<Item = Literal>) -> Self {
        let mut choice = Self::default();
        let mut shown = Vec::new();
        for value in values {
            shown.push(value.to_string());
            match value {
                Literal::Null => choice.null = true,
                Literal::Boolean(true) => choice.yes = true,
                Literal::Boolean(false) => choice.no = true,
                Literal::Number(number) => choice.numbers.push(number + 0.0),
                Literal::String(text) => choice.strings.push(text.into()),
            }
        }
        choice.label = if shown.is_empty() { "no value".into() } else { shown.join(" | ").into() };
        choice.strings.sort_unstable();
        choice.strings.dedup();
        choice.numbers.sort_unstable_by(f64::total_cmp);
        choice.numbers.dedup();
        choice
    }

    pub(crate) fn has(&self, scalar: &Scalar<'_>) -> bool {
        match scalar {
            Scalar::Null => self.null,
            Scalar::Boolean(true) => self.yes,
            Scalar::Boolean(false) => self.no,
            Scalar::Number(token) => self.has_number(token),
            Scalar::String(token) => self.has_string(token),
        }
    }

    /// Whether one of the values is of `class`.
    pub(crate) fn takes(&self, class: Class) -> bool {
        match class {
            Class::String => !self.strings.is_empty(),
            Class::Number => !self.numbers.is_empty(),
            Class::True => self.yes,
            Class::False => self.no,
            Class::Null => self.null,
            Class::Array | Class::Object => false,
        }
    }

    fn has_string(&self, token: &StringToken<'_>) -> bool {
        const FEW: usize = 8;
        let text = token.decoded();
        if self.strings.len() <= FEW {
            return self.strings.iter().any(|value| **value == *text);
        }
        self.strings.binary_search_by(|value| (**value).cmp(&text)).is_ok()
    }

    fn has_number(&self, token: &NumberToken<'_>) -> bool {
        // Adding zero turns -0 into 0 and changes no other number.
        let number = token.double() + 0.0;
        self.numbers.binary_search_by(|value| value.total_cmp(&number)).is_ok()
    }

    /// Reads a parameter's text as one of the values: as a string, then as a boolean, then as a number.
    pub(crate) fn read<'t>(&self, text: &'t str) -> Option<Scalar<'t>> {
        let string = Scalar::String(StringToken { raw: text, escaped: false });
        let boolean = match text {
            "true" => Some(Scalar::Boolean(true)),
            "false" => Some(Scalar::Boolean(false)),
            _ => None,
        };
        let number = whole_number(text).map(Scalar::Number);
        [Some(string), boolean, number].into_iter().flatten().find(|scalar| self.has(scalar))
    }

    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// All values as literals, strings first.
    pub(crate) fn literals(&self) -> impl Iterator<Item = Literal> + '_ {
        let words = [
            (self.no, Literal::Boolean(false)),
            (self.yes, Literal::Boolean(true)),
            (self.null, Literal::Null),
        ];
        let strings = self.strings.iter().map(|text| Literal::String(text.to_string()));
        let numbers = self.numbers.iter().map(|number| Literal::Number(*number));
        strings.chain(numbers).chain(words.into_iter().filter_map(|(held, word)| held.then_some(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Scalar<'_> {
        Scalar::Number(whole_number(text).unwrap())
    }

    #[test]
    fn numbers_compare_by_value() {
        let choice = Choice::new([
            Literal::Number(1.0),
            Literal::Number(0.0),
            Literal::Number(-1.0),
            Literal::Number(0.1),
        ]);
        for text in ["1", "1.0", "1e0", "10e-1", "0", "-0", "-0.0", "0e5", "-1", "0.1", "0.10"] {
            assert!(choice.has(&number(text)), "{text}");
        }
        for text in ["2", "18446744073709551615", "1.5", "1e400", "0.2"] {
            assert!(!choice.has(&number(text)), "{text}");
        }
    }

    #[test]
    fn a_parameter_is_read_as_string_then_boolean_then_number() {
        let choice = Choice::new([
            Literal::String("1".into()),
            Literal::Number(1.0),
            Literal::Number(2.0),
            Literal::Boolean(true),
        ]);
        assert!(matches!(choice.read("1"), Some(Scalar::String(_))));
        assert!(matches!(choice.read("2.0"), Some(Scalar::Number(_))));
        assert!(matches!(choice.read("true"), Some(Scalar::Boolean(true))));
        assert!(choice.read("false").is_none() && choice.read("").is_none() && choice.read("02").is_none());
    }
}
