//! Classification of statements by their SQL text.

use crate::statement::tokens::{Token, tokens};

/// The class of a statement, by its effect on the connection it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatementClass {
    /// Reads or writes rows in a transaction of its own: can share a connection, and can be run again after a rollback.
    Plain,
    /// Opens a transaction.
    Begin,
    /// Ends a transaction and keeps what it did.
    Commit,
    /// Ends a transaction and undoes what it did.
    Rollback,
    /// Rolls back to a savepoint, after which a failed transaction can go on.
    RollbackTo,
    /// Sets or releases a savepoint.
    Savepoint,
    /// Several statements in one text.
    Script,
    /// A COPY from or to the client, which only `copyIn` and `copyOut` can serve.
    Copy,
    /// Any other statement: may leave a setting, a lock, a LISTEN or a temporary table behind.
    Session,
}

impl StatementClass {
    /// Whether statements of the class control a transaction, so that they need a session.
    pub(crate) fn controls_transaction(self) -> bool {
        !matches!(self, Self::Plain | Self::Session | Self::Script | Self::Copy)
    }
}

/// Classifies a statement by its keywords.
pub(crate) fn classify(sql: &str) -> StatementClass {
    let mut rest = tokens(sql).skip_while(|token| matches!(token, Token::Semicolon | Token::Symbol(b'(')));
    let mut ended = rest.clone().skip_while(|token| *token != Token::Semicolon);
    if ended.any(|token| token != Token::Semicolon) {
        return StatementClass::Script;
    }
    let mut next = || rest.next().unwrap_or(Token::Semicolon);
    let (first, second, third) = (next(), next(), next());
    let any = |token: Token<'_>, list: &[&str]| list.iter().any(|word| token.is(word));
    if any(first, &["select", "with", "insert", "update", "delete", "values", "table", "merge"]) {
        return if leaves_traces(sql) { StatementClass::Session } else { StatementClass::Plain };
    }
    if first.is("begin") || (first.is("start") && second.is("transaction")) {
        return StatementClass::Begin;
    }
    if any(first, &["commit", "end"]) || (first.is("prepare") && second.is("transaction")) {
        return StatementClass::Commit;
    }
    if any(first, &["rollback", "abort"]) {
        let target = if any(second, &["work", "transaction"]) { third } else { second };
        return if target.is("to") { StatementClass::RollbackTo } else { StatementClass::Rollback };
    }
    if any(first, &["savepoint", "release"]) {
        return StatementClass::Savepoint;
    }
    if copy_direction(sql).is_some() { StatementClass::Copy } else { StatementClass::Session }
}

/// The direction of a COPY between the server and this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyDirection {
    In,
    Out,
}

/// The direction of a `COPY … FROM STDIN` or `COPY … TO STDOUT`; `None` for any other text, and for several statements.
pub(crate) fn copy_direction(sql: &str) -> Option<CopyDirection> {
    let mut tokens = tokens(sql).skip_while(|token| *token == Token::Semicolon);
    tokens.next().filter(|first| first.is("copy"))?;
    let mut found = None;
    let mut depth = 0_usize;
    let mut before = Token::Semicolon;
    while let Some(token) = tokens.next() {
        match token {
            Token::Semicolon => return tokens.all(|token| token == Token::Semicolon).then_some(found?),
            Token::Symbol(b'(') => depth += 1,
            Token::Symbol(b')') => depth = depth.saturating_sub(1),
            // PostgreSQL accepts both words in both directions.
            _ if depth == 0 && (token.is("stdin") || token.is("stdout")) && found.is_none() => {
                found = match before {
                    from if from.is("from") => Some(CopyDirection::In),
                    to if to.is("to") => Some(CopyDirection::Out),
                    _ => None,
                };
            }
            _ => {}
        }
        before = token;
    }
    found
}

/// Functions of PostgreSQL that change session state.
const LASTING: [&str; 9] = [
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_try_advisory_lock",
    "pg_try_advisory_lock_shared",
    "set_config",
    "setseed",
    "dblink_connect",
    "dblink_connect_u",
    "lo_open",
];

/// Whether a query or a change of rows may leave session state: a setting, a lock, a temporary table.
fn leaves_traces(sql: &str) -> bool {
    let (mut before, mut updates, mut settings) = (Token::Semicolon, false, false);
    for token in tokens(sql) {
        let is_temporary = |word: &str| before.is("into") && token.is(word);
        if ["temp", "temporary", "local", "global"].into_iter().any(is_temporary) {
            return true;
        }
        if let Token::Word(word) | Token::Name(word) = token {
            updates |= word.eq_ignore_ascii_case("update");
            settings |= word.eq_ignore_ascii_case("pg_settings");
            if word.eq_ignore_ascii_case("pg_temp")
                || LASTING.iter().any(|name| word.eq_ignore_ascii_case(name))
            {
                return true;
            }
        }
        before = token;
    }
    updates && settings
}

/// Keywords that stand before a parenthesis without calling a function, and built-in functions that are called most.
const KNOWN: [&str; 44] = [
    "all",
    "and",
    "any",
    "array",
    "array_agg",
    "as",
    "avg",
    "by",
    "cast",
    "coalesce",
    "count",
    "distinct",
    "exists",
    "extract",
    "filter",
    "from",
    "generate_series",
    "greatest",
    "group",
    "in",
    "into",
    "json_agg",
    "jsonb_agg",
    "lateral",
    "least",
    "length",
    "lower",
    "max",
    "min",
    "not",
    "now",
    "nullif",
    "on",
    "or",
    "over",
    "returning",
    "row",
    "select",
    "some",
    "sum",
    "unnest",
    "upper",
    "using",
    "values",
];

/// The names in a statement that may be functions of the database's own.
pub(crate) fn called_names(sql: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut before = None;
    for token in tokens(sql) {
        if token == Token::Symbol(b'(') {
            names.extend(before.take());
        }
        before = match token {
            Token::Word(word) => Some(word.to_lowercase()).filter(|word| !KNOWN.contains(&word.as_str())),
            Token::Name(name) => Some(name.to_owned()),
            _ => None,
        };
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a text may prepare statements by name, or deallocate them.
pub(crate) fn prepares(sql: &str) -> bool {
    let word = |word: &str| {
        sql.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    word("prepare") || word("deallocate") || word("discard")
}

/// Whether a text may change the `search_path`.
pub(crate) fn changes_path(sql: &str) -> bool {
    const WORDS: [&str; 7] = ["search_path", "schema", "role", "user", "authorization", "reset", "discard"];
    tokens(sql).any(|token| match token {
        Token::Word(word) | Token::Name(word) => {
            let word = word.to_ascii_lowercase();
            // A block of code may do anything.
            WORDS.contains(&word.as_str()) || matches!(word.as_str(), "do" | "call" | "set_config")
        }
        _ => false,
    })
}

/// Whether a text is a `SET` statement and nothing else.
pub(crate) fn is_setting(sql: &str) -> bool {
    tokens(sql).next().is_some_and(|first| first.is("set"))
}

/// Whether a text may leave session state that no reset undoes; its connection is closed afterwards.
pub(crate) fn spoils(sql: &str) -> bool {
    let lasting = |word: &str| ["setseed", "dblink_connect", "dblink_connect_u"].contains(&word);
    tokens(sql).any(|token| match token {
        Token::Word(word) | Token::Name(word) => lasting(&word.to_ascii_lowercase()),
        _ => false,
    }) || tokens(sql).next().is_some_and(|first| first.is("load"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tells_statements_by_their_first_words() {
        for (sql, class) in [
            ("select 1", StatementClass::Plain),
            ("  /* a /* nested */ b */ -- c\n (SELECT 1)", StatementClass::Plain),
            ("with x as (select 1) select * from x", StatementClass::Plain),
            ("select pg_advisory_lock(1)", StatementClass::Session),
            ("select SET_CONFIG('a.b', 'c', false)", StatementClass::Session),
            ("begin isolation level serializable", StatementClass::Begin),
            ("START  TRANSACTION", StatementClass::Begin),
            ("commit", StatementClass::Commit),
            ("end;", StatementClass::Commit),
            ("prepare transaction 'x'", StatementClass::Commit),
            ("prepare x as select 1", StatementClass::Session),
            ("rollback", StatementClass::Rollback),
            ("abort", StatementClass::Rollback),
            ("rollback to savepoint a", StatementClass::RollbackTo),
            ("rollback work to a", StatementClass::RollbackTo),
            ("savepoint a", StatementClass::Savepoint),
            ("release a", StatementClass::Savepoint),
            ("set role x", StatementClass::Session),
            ("beginning", StatementClass::Session),
            ("", StatementClass::Session),
            ("select 1;  -- done", StatementClass::Plain),
            ("begin; select 1", StatementClass::Script),
            ("select ';', \";\" /* ; */ , $$;$$, $a$ $$ ; $a$, e'\\';' -- ;", StatementClass::Plain),
            ("select 'it''s'; select $1", StatementClass::Script),
            ("/* never closed", StatementClass::Session),
            (";;(select 1)", StatementClass::Plain),
            ("select 1 as x into temp t", StatementClass::Session),
            ("with x as (select 1) select * into TEMPORARY t from x", StatementClass::Session),
            ("select 1 into t", StatementClass::Plain),
            ("insert into temp values (1)", StatementClass::Session),
            ("update pg_settings set setting = '1' where name = 'work_mem'", StatementClass::Session),
            ("select * from pg_settings", StatementClass::Plain),
            ("select setseed(0.5)", StatementClass::Session),
            ("select \"set_config\"('a.b', 'c', false)", StatementClass::Session),
            ("copy t from stdin", StatementClass::Copy),
            ("copy (select 'stdin' from stdin) to stdout with csv;", StatementClass::Copy),
            ("copy t (from_stdin) from '/tmp/x'", StatementClass::Session),
            ("copy t from stdin; select 1", StatementClass::Script),
        ] {
            assert_eq!(classify(sql), class, "{sql}");
        }
    }

    #[test]
    fn finds_what_may_be_a_function() {
        let sql = "select count(*), my.f(1), \"G\" (2), h from t where a in (1) and lower('k(') = k (3)";
        assert_eq!(called_names(sql), ["G", "f", "k"]);
    }

    proptest! {
        #[test]
        fn never_panics(sql in ".*") {
            let _ = (classify(&sql), copy_direction(&sql), prepares(&sql), spoils(&sql));
        }
    }
}
