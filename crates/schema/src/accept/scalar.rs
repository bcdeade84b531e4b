//! The check of scalars, and the form in which they are written.

use crate::ir::class::Class;
use crate::ir::node::Node;
use crate::json::scanner::{NumberToken, Scalar, StringToken};
use crate::rules::bytes::base64;
use crate::rules::date;
use crate::rules::number::big_integer;
use crate::rules::text;

/// The form in which a fitting scalar is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// Unchanged.
    Plain,
    /// A date, in milliseconds since 1970.
    Date(i64),
    /// A bigint, as decimal digits.
    BigInt(String),
    /// Bytes, as standard base64 with padding.
    Bytes(String),
}

/// The reason why a scalar does not fit its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Miss<'r> {
    /// The scalar is of another type.
    Type,
    /// The scalar's type fits, its value does not.
    Value,
    /// The scalar breaks the rule that the phrase names.
    Rule(&'r str),
}

/// The phrase for the range of numbers that JavaScript reads as finite.
pub(crate) const FINITE: &str = "number within the range of a double";

impl Scalar<'_> {
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Null => Class::Null,
            Self::Boolean(true) => Class::True,
            Self::Boolean(false) => Class::False,
            Self::Number(_) => Class::Number,
            Self::String(_) => Class::String,
        }
    }

    /// Checks the scalar against a type that is no union, and returns its form.
    pub(crate) fn fit<'r>(&self, node: &'r Node) -> Result<Form, Miss<'r>> {
        match (node, self) {
            (Node::Any | Node::Number(_), Self::Number(token)) if !token.is_finite() => {
                Err(Miss::Rule(FINITE))
            }
            (Node::Any, _) | (Node::Null, Self::Null) | (Node::Boolean, Self::Boolean(_)) => Ok(Form::Plain),
            (Node::Number(rules), Self::Number(token)) => plain(rules.check(token)),
            (Node::String(rules), Self::String(token)) => plain(text::check(rules, token)),
            (Node::Template(pattern), Self::String(token)) => {
                if pattern.is_match(&token.decoded()) {
                    Ok(Form::Plain)
                } else {
                    Err(Miss::Value)
                }
            }
            (Node::Choice(choice), _) if choice.has(self) => Ok(Form::Plain),
            (Node::Choice(choice), _) if choice.takes(self.class()) => Err(Miss::Value),
            (Node::Date, Self::String(token)) => {
                date::parse(&token.decoded()).map(Form::Date).ok_or(Miss::Value)
            }
            (Node::BigInt(_), Self::String(token)) => fit_big_integer(node, &token.decoded()),
            (Node::BigInt(_), Self::Number(NumberToken { raw, .. })) => fit_big_integer(node, raw),
            (Node::Bytes(_), Self::String(token)) => fit_bytes(node, token),
            _ => Err(Miss::Type),
        }
    }
}

fn plain(checked: Result<(), &str>) -> Result<Form, Miss<'_>> {
    checked.map(|()| Form::Plain).map_err(Miss::Rule)
}

fn fit_big_integer<'r>(node: &'r Node, text: &str) -> Result<Form, Miss<'r>> {
    let Node::BigInt(rules) = node else { return Err(Miss::Type) };
    let digits = big_integer(text).ok_or(Miss::Value)?;
    rules.check(digits).map_err(Miss::Rule)?;
    Ok(Form::BigInt(digits.to_owned()))
}

fn fit_bytes<'r>(node: &'r Node, token: &StringToken<'_>) -> Result<Form, Miss<'r>> {
    let Node::Bytes(rules) = node else { return Err(Miss::Type) };
    let text = token.decoded();
    let read = base64(&text).ok_or(Miss::Value)?;
    if (rules.min..=rules.max).contains(&read.length) {
        Ok(Form::Bytes(read.standard.into_owned()))
    } else {
        Err(Miss::Rule(&rules.expected))
    }
}
