//! Parses one field of a pattern into a set of numbers: `*`, `5`, `1,15`, `9-17`, `*/10`, `5/15`, `9-17/2`, and names.

use std::fmt;
use std::ops::RangeInclusive;

use twinloop_runtime::Failure;

/// A pattern that cannot be used: the field, its text, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The problem as a sentence without its full stop: `minute "61" is not from 0 to 59`.
    pub what: String,
    /// The hint, a sentence that says what to write instead; empty where the problem says it all.
    pub hint: String,
}

impl PatternError {
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hint.as_str() {
            "" => f.write_str(&self.what),
            hint => write!(f, "{}. {hint}", self.what),
        }
    }
}

impl From<PatternError> for Failure {
    fn from(error: PatternError) -> Self {
        Self::invalid_argument(error.to_string())
    }
}

/// One of a pattern's fields: its name and the numbers and names it accepts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PatternField {
    pub(crate) name: &'static str,
    least: u8,
    most: u8,
    /// Names that stand for numbers, the first one for `least`.
    names: &'static [&'static str],
}

pub(crate) const SECOND: PatternField = PatternField { name: "second", least: 0, most: 59, names: &[] };
pub(crate) const MINUTE: PatternField = PatternField { name: "minute", least: 0, most: 59, names: &[] };
pub(crate) const HOUR: PatternField = PatternField { name: "hour", least: 0, most: 23, names: &[] };
pub(crate) const MONTH_DAY: PatternField =
    PatternField { name: "day of month", least: 1, most: 31, names: &[] };
pub(crate) const MONTH: PatternField = PatternField {
    name: "month",
    least: 1,
    most: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
/// The day of week, on which Sunday is both 0 and 7.
pub(crate) const WEEKDAY: PatternField = PatternField {
    name: "day of week",
    least: 0,
    most: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

/// The numbers that a field selects, as a bit mask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) bits: u64,
    /// Whether a part of the field is `*` or `*/n`.
    pub(crate) has_star: bool,
}

impl Numbers {
    pub(crate) fn has(self, number: u32) -> bool {
        self.bits >> number & 1 == 1
    }

    /// The first selected number that is `number` or greater.
    pub(crate) fn from(self, number: u32) -> Option<u32> {
        let left = self.bits.checked_shr(number)?;
        (left != 0).then(|| number + left.trailing_zeros())
    }
}

impl PatternField {
    /// Parses a whole field of numbers, names, ranges and steps.
    pub(crate) fn numbers(&self, text: &str) -> Result<Numbers, PatternError> {
        let mut all = Numbers::default();
        for part in self.parts(text)? {
            let Numbers { bits, has_star } = self.parse_part(part)?;
            all = Numbers { bits: all.bits | bits, has_star: all.has_star || has_star };
        }
        Ok(all)
    }

    /// Splits a field at its commas. Errors: an empty part.
    pub(crate) fn parts<'t>(&self, text: &'t str) -> Result<Vec<&'t str>, PatternError> {
        let parts: Vec<&str> = text.split(',').collect();
        if parts.iter().any(|part| part.is_empty()) {
            let hint = "Remove the comma, or write the number that is missing; a field has no blanks in it.";
            return Err(self.fault(text, "has nothing on one side of a comma", hint));
        }
        Ok(parts)
    }

    /// Parses one part: `*`, a number or a range, with or without a step.
    pub(crate) fn parse_part(&self, part: &str) -> Result<Numbers, PatternError> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(self.step(part, step)?)),
            None => (part, None),
        };
        let has_star = range == "*";
        let numbers = if has_star {
            self.all()
        } else if let Some((first, last)) = range.split_once('-') {
            self.range(part, first, last)?
        } else {
            let first = self.number(part, range)?;
            // `5/15` means `5-59/15`, as in Quartz and robfig/cron.
            first..=if step.is_some() { (*self.all().end()).max(first) } else { first }
        };
        let bits =
            numbers.step_by(usize::from(step.unwrap_or(1))).fold(0, |bits, number| bits | self.bit(number));
        Ok(Numbers { bits, has_star })
    }

    fn all(&self) -> RangeInclusive<u8> {
        self.least..=self.least + self.count() - 1
    }

    fn count(&self) -> u8 {
        // Sunday counts once, although both 0 and 7 name it.
        if self.name == WEEKDAY.name { 7 } else { self.most - self.least + 1 }
    }

    fn bit(&self, number: u8) -> u64 {
        if self.name == WEEKDAY.name { 1 << (number % 7) } else { 1 << number }
    }

    /// Parses a range. A range of weekdays may cross the end of the week: `FRI-MON`.
    fn range(&self, part: &str, first: &str, last: &str) -> Result<RangeInclusive<u8>, PatternError> {
        let (first, last) = (self.number(part, first)?, self.number(part, last)?);
        if first <= last {
            return Ok(first..=last);
        }
        if self.name == WEEKDAY.name {
            return Ok(first..=last + 7);
        }
        let hint = format!("Write two ranges: {first}-{},{}-{last}.", self.most, self.least);
        Err(self.fault(part, "ends before it begins", hint))
    }

    fn step(&self, part: &str, text: &str) -> Result<u8, PatternError> {
        let count = self.count();
        let hint = format!("Write a step from 1 to {count}.");
        match text.parse::<u32>() {
            Ok(0) => Err(self.fault(part, "has a step of 0", hint)),
            Ok(step) if step <= u32::from(count) && is_digits(text) => {
                Ok(u8::try_from(step).unwrap_or(count))
            }
            Ok(step) if is_digits(text) => {
                let why = format!("has a step of {step}, and there are {count} of them");
                Err(self.fault(part, &why, hint))
            }
            _ => Err(self.fault(part, "has a step that is no number", hint)),
        }
    }

    /// Parses a number or a name.
    pub(crate) fn number(&self, part: &str, text: &str) -> Result<u8, PatternError> {
        if is_digits(text) {
            let number = text.parse::<u8>().ok().filter(|number| (self.least..=self.most).contains(number));
            let why = format!("is not from {} to {}", self.least, self.most);
            return number.ok_or_else(|| self.fault(part, &why, ""));
        }
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        match named.and_then(|index| u8::try_from(index).ok()) {
            Some(index) => Ok(self.least + index),
            None => Err(self.unreadable(part, text)),
        }
    }

    fn unreadable(&self, part: &str, text: &str) -> PatternError {
        let upper = text.to_ascii_uppercase();
        let form = self.form();
        match upper.as_str() {
            "" => self.fault(part, "is not complete", form),
            "?" => self.fault(part, "is a sign of the two day fields", "Write *."),
            "*" => self.fault(part, "has a * where a number belongs", form),
            _ if upper == "H" || upper.starts_with("H(") => {
                self.fault(part, "is a sign of Jenkins", "Write a number, and spread the runs by `jitter`.")
            }
            _ => match self.names.iter().find(|name| upper.starts_with(**name)) {
                Some(name) if upper.chars().all(|c| c.is_ascii_alphabetic()) => self.fault(
                    part,
                    &format!("has the name {text}"),
                    format!("Write {name}: names have three letters."),
                ),
                _ => self.fault(part, "cannot be read", form),
            },
        }
    }

    fn form(&self) -> String {
        let Self { least, most, .. } = self;
        let names = match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!(", or names from {first} to {last}"),
            _ => String::new(),
        };
        format!(
            "Write *, numbers from {least} to {most}{names}, ranges such as {least}-{most}, or steps such as */2."
        )
    }

    pub(crate) fn fault(&self, part: &str, why: &str, hint: impl Into<String>) -> PatternError {
        PatternError::new(format!("{} \"{part}\" {why}", self.name), hint)
    }
}

pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}
