//! Whether a scalar fits a type, and in which form it crosses.

use crate::bytes::base64;
use crate::date;
use crate::node::{Class, Node};
use crate::number::big_integer;
use crate::scan::{NumberToken, Scalar, StringToken};
use crate::text_rules;

/// How a scalar that fits is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it stands.
    Plain,
    /// Milliseconds since the epoch.
    Date(i64),
    /// Decimal digits.
    BigInt(String),
    /// Standard base64 with padding.
    Bytes(String),
}

/// Why a scalar does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Miss<'r> {
    /// It is of another type.
    Type,
    /// It is of a fitting type, but another value.
    Value,
    /// It breaks the rule that the phrase names.
    Rule(&'r str),
}

/// The phrase for a number that JavaScript would read as infinite.
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

    /// Fits the scalar to a type that is no union.
    pub(crate) fn fit<'r>(&self, node: &'r Node) -> Result<Form, Miss<'r>> {
        match (node, self) {
            (Node::Any | Node::Number(_), Self::Number(token)) if !token.is_finite() => {
                Err(Miss::Rule(FINITE))
            }
            (Node::Any, _) | (Node::Null, Self::Null) | (Node::Boolean, Self::Boolean(_)) => Ok(Form::Plain),
            (Node::Number(rules), Self::Number(token)) => plain(rules.check(token)),
            (Node::String(rules), Self::String(token)) => plain(text_rules::check(rules, token)),
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
