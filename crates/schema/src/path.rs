//! Where in an input the walk stands: a list linked through the stack, written out only when something is wrong.

use crate::scan::StringToken;
use crate::write::push_json_string;

/// Characters of an input's own key that a path shows.
const MAX_KEY: usize = 40;

/// One step of the way to a value.
#[derive(Clone, Copy)]
pub(crate) enum Step<'p> {
    /// `body`, `query`, `path`, `header` or `cookie`.
    Place(&'static str),
    /// A name that the schema declares.
    Name(&'p str),
    /// The name of a parameter, which may hold `-`.
    Parameter(&'p str),
    /// A key that only the input knows.
    Key(StringToken<'p>),
    /// An element.
    Index(usize),
}

/// A step and the way to it.
pub(crate) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

impl<'p> Path<'p> {
    pub(crate) fn place(name: &'static str) -> Self {
        Self { parent: None, step: Step::Place(name) }
    }

    pub(crate) fn then(&'p self, step: Step<'p>) -> Path<'p> {
        Path { parent: Some(self), step }
    }

    /// The path as text. `secret`: the input's own keys are not shown.
    pub(crate) fn render(&self, secret: bool) -> String {
        let mut steps = Vec::new();
        let mut next = Some(self);
        while let Some(path) = next {
            steps.push(path.step);
            next = path.parent;
        }
        let mut text = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Place(name) => text.push_str(name),
                Step::Name(name) => push_name(&mut text, name, false),
                Step::Parameter(name) => push_name(&mut text, name, true),
                Step::Key(_) if secret => text.push_str("[\"…\"]"),
                Step::Key(key) => push_name(&mut text, &key.decoded(), false),
                Step::Index(index) => {
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
        let items = body.then(Step::Name("items"));
        let third = items.then(Step::Index(3));
        let odd = third.then(Step::Key(StringToken { raw: "odd \\u006bey", escaped: true }));
        assert_eq!(odd.render(false), "body.items[3][\"odd key\"]");
        assert_eq!(odd.render(true), "body.items[3][\"…\"]");
    }

    #[test]
    fn a_parameter_may_hold_a_dash() {
        let header = Path::place("header");
        assert_eq!(header.then(Step::Parameter("x-foo")).render(false), "header.x-foo");
        assert_eq!(header.then(Step::Name("x-foo")).render(false), "header[\"x-foo\"]");
    }

    #[test]
    fn a_long_key_is_cut() {
        let body = Path::place("body");
        let long = "k".repeat(10_000);
        let at = body.then(Step::Key(StringToken { raw: &long, escaped: false })).render(false);
        assert_eq!(at.chars().count(), "body[\"\"]".len() + 41);
    }
}
