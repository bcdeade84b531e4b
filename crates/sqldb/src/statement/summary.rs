//! What a statement does, in few words: its operation and its table, for the names of spans and the labels of metrics.

use std::iter::Peekable;
use std::sync::{Arc, OnceLock};

use crate::statement::tokens::{Token, Tokens, tokens};

/// The longest name of a table that is told, in bytes; PostgreSQL's own limit is 63 a part.
const MAX_NAME: usize = 128;

/// The operations, as statements begin. The list is closed, so that metrics by it are bounded; anything else is the first.
///
/// Source: OpenTelemetry semantic conventions, `db.operation.name`.
const NAMES: [&str; 39] = [
    "_OTHER",
    "ALTER",
    "ANALYZE",
    "BATCH",
    "BEGIN",
    "CALL",
    "CLOSE",
    "CLUSTER",
    "COMMENT",
    "COMMIT",
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DISCARD",
    "DO",
    "DROP",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "INSERT",
    "LISTEN",
    "LOCK",
    "MERGE",
    "NOTIFY",
    "PREPARE",
    "REINDEX",
    "RELEASE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "SHOW",
    "TRUNCATE",
    "UPDATE",
];
/// Words that stand for another operation.
const SYNONYMS: [(&str, &str); 7] = [
    ("abort", "ROLLBACK"),
    ("end", "COMMIT"),
    ("start", "BEGIN"),
    ("table", "SELECT"),
    ("unlisten", "LISTEN"),
    ("vacuum", "ANALYZE"),
    ("values", "SELECT"),
];
/// The number of operations.
pub(crate) const OPERATIONS: usize = NAMES.len();

/// The operation of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OperationName(u8);

impl OperationName {
    /// The operation of a text of several statements.
    pub(crate) const BATCH: Self = Self(3);

    /// The operation of a text of one statement; that of a `WITH` is the operation behind it.
    pub(crate) fn of(sql: &str) -> Self {
        let mut rest = tokens(sql).peekable();
        first_verb(&mut rest).unwrap_or(Self(0))
    }

    /// All operations, in the order of their places.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..OPERATIONS).filter_map(|at| u8::try_from(at).ok()).map(Self)
    }

    fn of_word(word: Token<'_>) -> Option<Self> {
        let synonym = SYNONYMS.iter().find(|(other, _)| word.is(other)).map(|(_, name)| *name);
        let at = NAMES.iter().position(|name| synonym.map_or_else(|| word.is(name), |other| other == *name));
        at.and_then(|at| u8::try_from(at).ok()).map(Self)
    }

    /// The operation's place in a list of all, below [`OPERATIONS`].
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The name, in capitals.
    pub(crate) fn name(self) -> &'static str {
        NAMES[self.index()]
    }
}

/// Reads to the word that names the operation.
fn first_verb(rest: &mut Peekable<Tokens<'_>>) -> Option<OperationName> {
    const MAIN: [&str; 7] = ["select", "insert", "update", "delete", "merge", "values", "table"];
    let begins = |token: &Token<'_>| !matches!(token, Token::Semicolon | Token::Symbol(b'('));
    let first = rest.find(begins)?;
    if !first.is("with") {
        return OperationName::of_word(first);
    }
    let mut depth = 0_usize;
    rest.find_map(|token| {
        match token {
            Token::Symbol(b'(') => depth += 1,
            Token::Symbol(b')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_main = depth == 0 && MAIN.iter().any(|word| token.is(word));
        if is_main { OperationName::of_word(token) } else { None }
    })
}

/// What a statement does, computed once for each text that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    /// The operation.
    pub(crate) operation: OperationName,
    /// The one table that the statement is about; read from the text when it is first asked for.
    table: Arc<OnceLock<Option<Arc<str>>>>,
}

impl Summary {
    /// The summary of a text; `is_batch` where it holds several statements.
    pub(crate) fn of(sql: &str, is_batch: bool) -> Self {
        let operation = if is_batch { OperationName::BATCH } else { OperationName::of(sql) };
        Self { operation, table: Arc::default() }
    }

    /// The one table that the statement, whose text is given again, reads or writes; `None` where there are several or none.
    pub(crate) fn table(&self, sql: &str) -> Option<&Arc<str>> {
        let read = || table(sql, self.operation).filter(|name| name.len() <= MAX_NAME).map(Arc::from);
        self.table.get_or_init(read).as_ref()
    }
}

fn table(sql: &str, operation: OperationName) -> Option<String> {
    let mut rest = tokens(sql).peekable();
    match operation.name() {
        "SELECT" => read_table(sql),
        "INSERT" | "MERGE" => name_after(&mut rest, &["into"]),
        "UPDATE" => name_after(&mut rest, &["update"]),
        "DELETE" => {
            rest.find(|token| token.is("delete"))?;
            name_after(&mut rest, &["from"])
        }
        "COPY" => name_after(&mut rest, &["copy"]),
        "TRUNCATE" => {
            let name = name_after(&mut rest, &["truncate"])?;
            rest.all(|token| token != Token::Symbol(b',')).then_some(name)
        }
        _ => None,
    }
}

/// The name that follows one of these words.
fn name_after(rest: &mut Peekable<Tokens<'_>>, words: &[&str]) -> Option<String> {
    rest.find(|token| words.iter().any(|word| token.is(word)))?;
    name(rest)
}

/// A name with its schema, folded to lower case where it is not quoted, as PostgreSQL does.
fn name(rest: &mut Peekable<Tokens<'_>>) -> Option<String> {
    while rest.next_if(|token| token.is("only") || token.is("table")).is_some() {}
    let mut name = part(rest.next()?)?;
    while rest.next_if_eq(&Token::Symbol(b'.')).is_some() {
        name = format!("{name}.{}", part(rest.next()?)?);
    }
    Some(name)
}

fn part(token: Token<'_>) -> Option<String> {
    match token {
        Token::Word(word) => Some(word.to_lowercase()),
        Token::Name(name) => Some(name.to_owned()),
        _ => None,
    }
}

/// The table that a query reads, where it reads one alone: no join, no second query within, no function in a table's place.
fn read_table(sql: &str) -> Option<String> {
    const SEVERAL: [&str; 5] = ["join", "union", "intersect", "except", "with"];
    const AFTER_FROM: [&str; 8] = ["where", "group", "order", "limit", "offset", "having", "for", "window"];
    let mut rest = tokens(sql).peekable();
    let (mut depth, mut queries, mut is_in_from) = (0_usize, 0, false);
    let (mut found, mut before) = (None, Token::Semicolon);
    while let Some(token) = rest.next() {
        let any = |words: &[&str]| words.iter().any(|word| token.is(word));
        match token {
            Token::Symbol(b'(') => depth += 1,
            Token::Symbol(b')') => depth = depth.saturating_sub(1),
            Token::Symbol(b',') if is_in_from && depth == 0 => return None,
            Token::Word(_) if any(&SEVERAL) => return None,
            Token::Word(_) if token.is("select") || (token.is("table") && queries == 0) => {
                queries += 1;
                if queries > 1 {
                    return None;
                }
                if token.is("table") {
                    return name(&mut rest);
                }
            }
            Token::Word(_) if token.is("from") && depth == 0 && !before.is("distinct") => {
                found = Some(name(&mut rest).filter(|_| found.is_none())?);
                if rest.peek() == Some(&Token::Symbol(b'(')) {
                    return None;
                }
                is_in_from = true;
            }
            Token::Word(_) if any(&AFTER_FROM) => is_in_from = false,
            _ => {}
        }
        before = token;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn summary(sql: &str) -> (&'static str, Option<String>) {
        let summary = Summary::of(sql, false);
        let table = summary.table(sql).map(ToString::to_string);
        (summary.operation.name(), table)
    }

    #[test]
    fn a_statement_about_one_table_names_it() {
        for (sql, operation, table) in [
            ("select * from links where id = $1", "SELECT", Some("links")),
            ("SELECT count(*) FROM Public.Links", "SELECT", Some("public.links")),
            ("select a from \"Big Table\" order by b", "SELECT", Some("Big Table")),
            ("select extract(epoch from at) from events", "SELECT", Some("events")),
            ("select a is distinct from b from pairs", "SELECT", Some("pairs")),
            ("table links", "SELECT", Some("links")),
            ("insert into links (id) select id from others", "INSERT", Some("links")),
            ("/* why */ update only links set a = 1", "UPDATE", Some("links")),
            ("delete from links where true", "DELETE", Some("links")),
            ("merge into links using x on true when matched then delete", "MERGE", Some("links")),
            (
                "with gone as (delete from a returning *) insert into b select * from gone",
                "INSERT",
                Some("b"),
            ),
            ("truncate table links", "TRUNCATE", Some("links")),
            ("copy links (id) from stdin", "COPY", Some("links")),
        ] {
            assert_eq!(summary(sql), (operation, table.map(str::to_owned)), "{sql}");
        }
    }

    #[test]
    fn a_statement_about_several_tables_or_none_names_none() {
        for (sql, operation) in [
            ("select 1", "SELECT"),
            ("select * from a, b", "SELECT"),
            ("select * from a join b using (id)", "SELECT"),
            ("select * from a where exists (select 1 from b)", "SELECT"),
            ("select * from a union select * from b", "SELECT"),
            ("select * from generate_series(1, 3)", "SELECT"),
            ("with x as (select 1) select * from x", "SELECT"),
            ("copy (select 1) to stdout", "COPY"),
            ("truncate a, b", "TRUNCATE"),
            ("start transaction", "BEGIN"),
            ("end", "COMMIT"),
            ("create table a (b int)", "CREATE"),
            ("bogus", "_OTHER"),
            ("", "_OTHER"),
        ] {
            assert_eq!(summary(sql), (operation, None), "{sql}");
        }
        assert_eq!(Summary::of("select 1; select 2", true).operation.name(), "BATCH");
    }

    #[test]
    fn the_names_are_in_order_and_each_synonym_is_one_of_them() {
        assert!(NAMES[1..].is_sorted());
        assert!(SYNONYMS.iter().all(|(_, name)| NAMES.contains(name)));
        assert_eq!(OperationName::BATCH.name(), "BATCH");
    }

    proptest! {
        #[test]
        fn every_text_has_a_summary(sql in ".*", prefix in "(select|insert into|with|update|delete|copy) ") {
            let text = format!("{prefix}{sql}");
            let (operation, _) = summary(&text);
            prop_assert!(NAMES.contains(&operation));
        }
    }
}
