//! Rules for numbers and big integers.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::json::scanner::{NumberToken, whole_number};
use crate::rules::decimal::{Decimal, Unit};

/// Decimal digits that a double always distinguishes: up to 15 digits, doubles compare as the texts do.
const SAFE_PRECISION: usize = 15;
/// Most digits of a big integer.
pub(crate) const MAX_BIGINT_DIGITS: usize = 1000;

/// The side of a bound that is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Min,
    Max,
    ExclusiveMin,
    ExclusiveMax,
}

impl Side {
    fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Min => order != Ordering::Less,
            Self::Max => order != Ordering::Greater,
            Self::ExclusiveMin => order == Ordering::Greater,
            Self::ExclusiveMax => order == Ordering::Less,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Min => ">=",
            Self::Max => "<=",
            Self::ExclusiveMin => ">",
            Self::ExclusiveMax => "<",
        }
    }
}

/// A bound, in the precision in which it is written.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    side: Side,
    double: f64,
    exact: Decimal,
    expected: Box<str>,
}

impl Bound {
    pub(crate) fn new(side: Side, text: &str, noun: &str) -> Option<Self> {
        let token = whole_number(text)?;
        Some(Self {
            side,
            double: token.double(),
            exact: Decimal::parse(text),
            expected: format!("{noun} {} {text}", side.sign()).into(),
        })
    }
}

/// The rules for a number, besides being finite.
#[derive(Debug, Clone, Default)]
pub(crate) struct NumberRules {
    /// The bounds, compared exactly, as decimal fractions.
    pub(crate) bounds: Vec<Bound>,
    /// Whether a fraction is refused.
    pub(crate) integer: bool,
    /// The unit of which the number is a multiple, with the rule in words.
    pub(crate) multiple_of: Option<(Unit, Box<str>)>,
}

impl NumberRules {
    /// Checks a finite number; the error is the phrase of the first rule that it breaks.
    ///
    /// A rule must hold for the number as it is written and for the double that JavaScript reads, so that rounding cannot
    /// carry a number past a bound.
    pub(crate) fn check<'r>(&'r self, token: &NumberToken<'_>) -> Result<(), &'r str> {
        if self.bounds.is_empty() && !self.integer && self.multiple_of.is_none() {
            return Ok(());
        }
        let double = token.double();
        let short = token.integral && token.raw.len() <= SAFE_PRECISION;
        let exact = if short && self.multiple_of.is_none() { None } else { Some(Decimal::parse(token.raw)) };
        if self.integer && !exact.as_ref().is_none_or(Decimal::is_integer) {
            return Err("integer");
        }
        for bound in &self.bounds {
            let rounded = double.partial_cmp(&bound.double).is_some_and(|order| bound.side.allows(order));
            let written = exact.as_ref().is_none_or(|exact| bound.side.allows(exact.cmp(&bound.exact)));
            let precise = bound.exact.precision() <= SAFE_PRECISION;
            // A bound with more digits than a double holds is compared only as it is written.
            let holds =
                if precise { rounded && written } else { bound.allows_exactly(token, exact.as_ref()) };
            if !holds {
                return Err(&bound.expected);
            }
        }
        if let (Some((unit, expected)), Some(exact)) = (&self.multiple_of, &exact) {
            let rounded_too =
                exact.precision() <= SAFE_PRECISION || Decimal::parse(&plain(double)).is_multiple_of(unit);
            if !exact.is_multiple_of(unit) || !rounded_too {
                return Err(expected);
            }
        }
        Ok(())
    }
}

impl Bound {
    fn allows_exactly(&self, token: &NumberToken<'_>, exact: Option<&Decimal>) -> bool {
        let exact = exact.map_or_else(|| Cow::Owned(Decimal::parse(token.raw)), Cow::Borrowed);
        self.side.allows(exact.as_ref().cmp(&self.exact))
    }
}

/// The shortest text that reads back as `double`, as JavaScript prints it.
fn plain(double: f64) -> String {
    format!("{double:e}")
}

/// Parses the step of a `multipleOf`; `None` when it is not positive or has more than 19 significant digits.
pub(crate) fn unit(text: &str) -> Option<Unit> {
    Unit::new(&Decimal::parse(whole_number(text)?.raw))
}

/// The bounds of a big integer.
#[derive(Debug, Clone, Default)]
pub(crate) struct BigIntRules {
    bounds: Vec<Bound>,
    /// The digits of the only value that the bounds allow, if there is just one.
    only: Option<Box<str>>,
}

impl BigIntRules {
    pub(crate) fn new(bounds: Vec<Bound>) -> Self {
        let only = match &bounds[..] {
            [least, most] if least.exact.cmp(&most.exact) == Ordering::Equal => {
                least.expected.rsplit(' ').next().map(Into::into)
            }
            _ => None,
        };
        Self { bounds, only }
    }

    /// The digits of the only value that fits, if there is just one.
    pub(crate) fn only(&self) -> Option<&str> {
        self.only.as_deref()
    }

    /// Checks the digits of a decimal integer.
    pub(crate) fn check<'r>(&'r self, digits: &str) -> Result<(), &'r str> {
        if self.bounds.is_empty() {
            return Ok(());
        }
        let exact = Decimal::parse(digits);
        match self.bounds.iter().find(|bound| !bound.side.allows(exact.cmp(&bound.exact))) {
            Some(bound) => Err(self.only().unwrap_or(&bound.expected)),
            None => Ok(()),
        }
    }
}

/// Parses a decimal integer: no sign but `-`, no leading zero, at most 1000 digits; `-0` becomes `0`.
pub(crate) fn big_integer(text: &str) -> Option<&str> {
    let token = whole_number(text).filter(|token| token.integral)?;
    let digits = token.raw.strip_prefix('-').unwrap_or(token.raw);
    if digits.len() > MAX_BIGINT_DIGITS {
        return None;
    }
    Some(if digits == "0" { digits } else { token.raw })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(bounds: &[(Side, &str)]) -> NumberRules {
        let bounds = bounds.iter().map(|(side, text)| Bound::new(*side, text, "number").unwrap()).collect();
        NumberRules { bounds, ..NumberRules::default() }
    }

    fn holds(rules: &NumberRules, text: &str) -> bool {
        rules.check(&whole_number(text).unwrap()).is_ok()
    }

    #[test]
    fn bounds_are_exact_for_fractions() {
        assert!(!holds(&rules(&[(Side::Min, "0.5")]), "0"));
        assert!(holds(&rules(&[(Side::Min, "0.5")]), "0.5"));
        assert!(!holds(&rules(&[(Side::Max, "-0.5")]), "0"));
        assert!(holds(&rules(&[(Side::Max, "0.1")]), "0.1"));
        assert!(!holds(&rules(&[(Side::Max, "0.1")]), "0.10000000000000000001"));
        assert!(!holds(&rules(&[(Side::ExclusiveMin, "0.1")]), "0.10000000000000000001"));
        assert!(holds(&rules(&[(Side::Min, "0")]), "-0"));
        assert!(!holds(&rules(&[(Side::ExclusiveMin, "0")]), "1e-400"));
    }

    #[test]
    fn bounds_are_exact_for_big_integers() {
        let limit = rules(&[(Side::Max, "9007199254740993")]);
        assert!(holds(&limit, "9007199254740993"));
        assert!(!holds(&limit, "9007199254740994"));
        assert!(!holds(&limit, "18446744073709551615"));
        assert!(!holds(&rules(&[(Side::Max, "9007199254740992")]), "9007199254740993"));
        assert!(!holds(&rules(&[(Side::Max, "-1")]), "18446744073709551615"));
        assert!(holds(&rules(&[(Side::Min, "9007199254740993")]), "9007199254740993"));
        assert!(!holds(&rules(&[(Side::Min, "9007199254740993")]), "5"));
        assert!(!holds(&rules(&[(Side::ExclusiveMax, "9007199254740993")]), "9007199254740993"));
    }

    #[test]
    fn an_integer_is_an_integer_as_written() {
        let integer = NumberRules { integer: true, ..NumberRules::default() };
        assert!(holds(&integer, "1.0") && holds(&integer, "1e3") && holds(&integer, "-7"));
        assert!(!holds(&integer, "1.5") && !holds(&integer, "1.00000000000000000001"));
    }

    #[test]
    fn a_multiple_is_one_as_written_and_as_read() {
        let unit = |text: &str| Some((Unit::new(&Decimal::parse(text)).unwrap(), "x".into()));
        let rules = |text| NumberRules { multiple_of: unit(text), ..NumberRules::default() };
        assert!(holds(&rules("0.1"), "0.3") && holds(&rules("5"), "1e20") && holds(&rules("5"), "-10"));
        assert!(!holds(&rules("2"), "9007199254740993"));
        assert!(!holds(&rules("3"), "9007199254740993"));
    }

    #[test]
    fn a_big_integer_is_a_plain_integer_of_at_most_a_thousand_digits() {
        assert_eq!(big_integer("-12"), Some("-12"));
        assert_eq!(big_integer("-0"), Some("0"));
        assert_eq!(big_integer(&"9".repeat(1000)).map(str::len), Some(1000));
        for text in ["", "007", "+1", "1.0", "1e3", "0x10", " 1", "1n", "-"] {
            assert_eq!(big_integer(text), None, "{text}");
        }
        assert_eq!(big_integer(&"9".repeat(1001)), None);
    }
}
