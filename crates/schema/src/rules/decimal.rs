//! Exact decimal numbers: comparison and multiples, in time linear in the digits.

use std::cmp::Ordering;

/// A decimal number without rounding: `±0.d1d2d3… × 10^exponent`, its digits without zeros at either end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// The significant ASCII digits; empty for zero.
    digits: Vec<u8>,
    /// The power of ten of the point before the first digit. Saturated: no text is long enough to bring it back into range.
    exponent: i64,
}

impl Decimal {
    /// Parses text of the JSON number grammar.
    pub(crate) fn parse(number: &str) -> Self {
        let (negative, rest) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (mantissa, power) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let leading = all.iter().take_while(|&&digit| digit == b'0').count();
        let end = all.iter().rposition(|&digit| digit != b'0').map_or(leading, |last| last + 1);
        let digits = all[leading..end].to_vec();
        if digits.is_empty() {
            return Self { negative: false, digits, exponent: 0 };
        }
        let point =
            i64::try_from(whole.len()).unwrap_or(i64::MAX) - i64::try_from(leading).unwrap_or(i64::MAX);
        Self { negative, digits, exponent: read_power(power).saturating_add(point) }
    }

    /// Whether the number has no fraction; `1.0` and `1e2` have none.
    pub(crate) fn is_integer(&self) -> bool {
        self.last_place() >= 0
    }

    /// The number of significant digits.
    pub(crate) fn precision(&self) -> usize {
        self.digits.len()
    }

    /// Whether the number is a whole multiple of `unit`.
    pub(crate) fn is_multiple_of(&self, unit: &Unit) -> bool {
        if self.digits.is_empty() {
            return true;
        }
        let shift = self.last_place().saturating_sub(unit.last_place);
        // The last digit is not zero, so a number finer than the unit's last place is no multiple.
        if unit.digits == 0 || shift < 0 {
            return false;
        }
        let modulus = u128::from(unit.digits);
        let digits =
            self.digits.iter().fold(0, |rest, &digit| (rest * 10 + u128::from(digit - b'0')) % modulus);
        (digits * power_of_ten(shift, modulus)).is_multiple_of(modulus)
    }

    /// The power of ten of the last significant digit.
    fn last_place(&self) -> i64 {
        self.exponent.saturating_sub(i64::try_from(self.digits.len()).unwrap_or(i64::MAX))
    }
}

/// A step for `multipleOf`: at most 19 significant digits.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    digits: u64,
    last_place: i64,
}

impl Unit {
    /// Makes a unit; `None` when the step has more than 19 significant digits, or is zero or negative.
    pub(crate) fn new(step: &Decimal) -> Option<Self> {
        if step.negative || step.digits.is_empty() {
            return None;
        }
        let digits = std::str::from_utf8(&step.digits).ok()?.parse().ok()?;
        Some(Self { digits, last_place: step.last_place() })
    }
}

/// Computes `10^power mod modulus`, for a modulus below 2^64.
fn power_of_ten(power: i64, modulus: u128) -> u128 {
    let (mut result, mut base, mut rest) = (1 % modulus, 10 % modulus, power);
    while rest > 0 {
        if rest & 1 == 1 {
            result = result * base % modulus;
        }
        base = base * base % modulus;
        rest >>= 1;
    }
    result
}

fn read_power(text: &str) -> i64 {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let size = digits
        .bytes()
        .fold(0_i64, |size, digit| size.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    if negative { -size } else { size }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |decimal: &Self| match (decimal.digits.is_empty(), decimal.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign != Ordering::Equal {
            return by_sign;
        }
        let by_size = self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
        if self.negative { by_size.reverse() } else { by_size }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_compare_by_value() {
        let ascending = [
            "-1e400",
            "-9007199254740993",
            "-9007199254740992",
            "-1.5",
            "-1",
            "-0.1",
            "-1e-400",
            "0",
            "1e-400",
            "0.09999999999999999999",
            "0.1",
            "0.10000000000000000001",
            "0.5",
            "1",
            "1.5",
            "2",
            "10",
            "99",
            "100",
            "9007199254740992",
            "9007199254740993",
            "1e400",
            "1e99999999999999999999",
        ];
        for (low, left) in ascending.iter().enumerate() {
            for (high, right) in ascending.iter().enumerate() {
                assert_eq!(
                    Decimal::parse(left).cmp(&Decimal::parse(right)),
                    low.cmp(&high),
                    "{left} and {right}"
                );
            }
        }
        for (left, right) in [
            ("1", "1.0"),
            ("1e2", "100"),
            ("100e-2", "1"),
            ("-0", "0"),
            ("0.0e5", "0"),
            ("0.001", "1e-3"),
            ("12.50", "125e-1"),
        ] {
            assert_eq!(Decimal::parse(left), Decimal::parse(right), "{left} and {right}");
        }
    }

    #[test]
    fn an_integer_is_told_by_its_value() {
        for text in ["0", "-0", "1", "1.0", "1e2", "1.5e1", "100e-2", "9007199254740993", "1e400", "0.0"] {
            assert!(Decimal::parse(text).is_integer(), "{text}");
        }
        for text in ["0.1", "1.5", "1e-1", "1.00000000000000000001", "12e-1", "1e-400", "9007199254740992.5"]
        {
            assert!(!Decimal::parse(text).is_integer(), "{text}");
        }
    }

    #[test]
    fn multiples_are_exact() {
        let multiple = |value: &str, step: &str| {
            Decimal::parse(value).is_multiple_of(&Unit::new(&Decimal::parse(step)).unwrap())
        };
        for (value, step) in [
            ("0.3", "0.1"),
            ("0", "7"),
            ("-21", "7"),
            ("1e400", "5"),
            ("4.35", "0.01"),
            ("1e3", "250"),
            ("9007199254740993", "3"),
            ("2.50", "0.5"),
        ] {
            assert!(multiple(value, step), "{value} of {step}");
        }
        for (value, step) in [
            ("0.35", "0.1"),
            ("1", "7"),
            ("1e-400", "0.01"),
            ("9007199254740993", "2"),
            ("15", "10"),
            ("1e400", "3"),
        ] {
            assert!(!multiple(value, step), "{value} of {step}");
        }
        assert!(Unit::new(&Decimal::parse("0")).is_none());
        assert!(Unit::new(&Decimal::parse("-1")).is_none());
    }
}
