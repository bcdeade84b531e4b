//! The path of the value being read: a list linked through the stack, rendered only for issues.

use crate::issues::sensitive::is_sensitive;
use crate::json::scanner::StringToken;
use crate::write::writer::push_json_string;

/// Most characters of an undeclared key that a path shows.
const MAX_KEY: usize = 40;

/// A step of a path.
#[derive(Clone, Copy)]
pub(crate) enum PathStep<'p> {
    /// The part of the request: `body`, `query`, `path`, `header` or `cookie`.
    Place(&'static str),
    /// A name that the schema declares.
    Name(&'p str),
    /// The name of a parameter, which may hold `-`.
    Parameter(&'p str),
    /// A key of the input that the schema does not declare.
    Key(StringToken<'p>),
    /// The index of an element.
    Index(usize),
}

/// A path: its last step, and the path before it.
pub(crate) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: PathStep<'p>,
}

impl<'p> Path<'p> {
    pub(crate) fn place(name: &'static str) -> Self {
        Self { parent: None, step: PathStep::Place(name) }
    }

    pub(crate) fn then(&'p self, step: PathStep<'p>) -> Path<'p> {
        Path { parent: Some(self), step }
    }

    /// Whether a name of the path is sensitive.
    pub(crate) fn is_sensitive(&self) -> bool {
        let own = match self.step {
            PathStep::Name(name) | PathStep::Parameter(name) => is_sensitive(name),
            PathStep::Key(key) => is_sensitive(&key.decoded()),
            PathStep::Place(_) | PathStep::Index(_) => false,
        };
        own || self.parent.is_some_and(Path::is_sensitive)
    }

    /// The path as text. Undeclared keys are hidden where the value is `secret`, or a name of the path is sensitive.
    pub(crate) fn render(&self, secret: bool) -> String {
        let mut steps = Vec::new();
        let mut next = Some(self);
        while let Some(path) = next {
            steps.push(path.step);
            next = path.parent;
        }
        // Declared names are shown in any case, so names are tested only where the path has an undeclared key.
        let secret =
            secret || (steps.iter().any(|step| matches!(step, PathStep::Key(_))) && self.is_sensitive());
        let mut text = String::new();
        for step in steps.into_iter().rev() {
            match step {
                PathStep::Place(name) => text.push_str(name),
                PathStep::Name(name) => push_name(&mut text, name, false),
                PathStep::Parameter(name) => push_name(&mut text, name, true),
                PathStep::Key(_) if secret => text.push_str("[\"…\"]"),
                PathStep::Key(key) => push_name(&mut text, &key.decoded(), false),
                PathStep::Index(index) => {
                    text.push('[');
                    text.push_str(&index.to_string());
                    text.push(']');
                }
            }
        }
        text
    }
}

fn push_name(text: &mut String, name: &str, dashes: bool) {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$' || (dashes && c == '-');
    let identifier = !name.is_empty()
        && name.chars().all(plain)
        && (dashes || !name.starts_with(|c: char| c.is_ascii_digit()))
        && name.len() <= MAX_KEY;
    if identifier {
        text.push('.');
        text.push_str(name);
        return;
    }
    let mut shown: String = name.chars().take(MAX_KEY).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    let mut quoted = Vec::new();
    push_json_string(&mut quoted, &shown);
    text.push('[');
    text.push_str(&String::from_utf8_lossy(&quoted));
    text.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_identifiers_are_joined_by_dots_and_others_are_quoted() {
        let body = Path::place("body");
        let items = body.then(PathStep::Name("items"));
        let third = items.then(PathStep::Index(3));
        let odd = third.then(PathStep::Key(StringToken { raw: "odd \\u006bey", escaped: true }));
        assert_eq!(odd.render(false), "body.items[3][\"odd key\"]");
        assert_eq!(odd.render(true), "body.items[3][\"…\"]");
    }

    #[test]
    fn a_parameter_may_hold_a_dash() {
        let header = Path::place("header");
        assert_eq!(header.then(PathStep::Parameter("x-foo")).render(false), "header.x-foo");
        assert_eq!(header.then(PathStep::Name("x-foo")).render(false), "header[\"x-foo\"]");
    }

    #[test]
    fn a_long_key_is_cut() {
        let body = Path::place("body");
        let long = "k".repeat(10_000);
        let at = body.then(PathStep::Key(StringToken { raw: &long, escaped: false })).render(false);
        assert_eq!(at.chars().count(), "body[\"\"]".len() + 41);
    }
}
