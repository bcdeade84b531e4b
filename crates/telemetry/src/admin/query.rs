//! The parameters of a request's query.

use std::borrow::Cow;
use std::str::FromStr;

use twinloop_runtime::Failure;

/// A query.
pub(crate) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads a query without its `?`.
    pub(crate) fn read(text: Option<&'a str>) -> Self {
        Self(form_urlencoded::parse(text.unwrap_or_default().as_bytes()).collect())
    }

    /// A parameter's value; an empty one is none.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(each, _)| each == name);
        found.map(|(_, value)| value.as_ref()).filter(|value| !value.is_empty())
    }

    /// A parameter's value in lower case, to be looked for.
    pub(crate) fn needle(&self) -> Option<String> {
        self.text("q").map(str::to_lowercase)
    }

    /// Whether a parameter is `true` or `1`.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        matches!(self.text(name), Some("true" | "1"))
    }

    /// A parameter's value, as a number or the like. Errors: `invalid_argument`.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, Failure> {
        let read = |text: &str| {
            text.parse().map_err(|_| Failure::invalid_argument(format!("the parameter {name} is {text:?}")))
        };
        self.text(name).map(read).transpose()
    }

    /// How many a list may have: the parameter `limit`, 100 by default, at most 500. Errors: `invalid_argument`.
    pub(crate) fn limit(&self) -> Result<usize, Failure> {
        Ok(self.parsed("limit")?.unwrap_or(100).clamp(1, 500))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read() {
        let query = Query::read(Some("q=GET+%2FA&limit=9000&errors=true&minMs=1.5&before="));
        assert_eq!(query.needle().as_deref(), Some("get /a"));
        assert_eq!((query.limit().unwrap(), query.is_set("errors")), (500, true));
        assert_eq!(query.parsed("minMs").unwrap(), Some(1.5));
        assert_eq!(query.parsed::<u64>("before").unwrap(), None);
        assert!(Query::read(Some("limit=no")).limit().is_err());
    }
}
