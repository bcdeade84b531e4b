//! What can be known of a statement from its text.

use crate::several::holds_several;

/// What a statement does to the connection it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Reads or writes rows in a transaction of its own: may share a connection, and be run again after it was rolled back.
    Plain,
    /// Opens a transaction.
    Begin,
    /// Ends it.
    Commit,
    /// Ends it.
    Rollback,
    /// Goes back to a savepoint: a failed transaction can go on.
    RollbackTo,
    /// Marks or forgets a savepoint.
    Savepoint,
    /// Several statements in one text.
    Script,
    /// Anything else: it may leave a setting, a lock, a listener or a table behind.
    Session,
}

impl Class {
    /// Whether the statement only makes sense on a connection of one's own.
    pub(crate) fn controls_transaction(self) -> bool {
        !matches!(self, Self::Plain | Self::Session | Self::Script)
    }
}

/// Tells what a statement is by its first words.
pub(crate) fn classify(sql: &str) -> Class {
    if holds_several(sql) {
        return Class::Script;
    }
    let rest = skip_blank(sql);
    let (first, rest) = word(rest);
    let (second, rest) = word(skip_blank(rest));
    let is = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
    let any = |word: &str, list: &[&str]| list.iter().any(|other| is(word, other));
    if any(first, &["select", "with", "insert", "update", "delete", "values", "table", "merge"]) {
        return if leaves_traces(sql) { Class::Session } else { Class::Plain };
    }
    if is(first, "begin") || (is(first, "start") && is(second, "transaction")) {
        return Class::Begin;
    }
    if any(first, &["commit", "end"]) {
        return Class::Commit;
    }
    if is(first, "prepare") && is(second, "transaction") {
        return Class::Commit;
    }
    if any(first, &["rollback", "abort"]) {
        let skips = any(second, &["work", "transaction"]);
        let target = if skips { word(skip_blank(rest)).0 } else { second };
        return if is(target, "to") { Class::RollbackTo } else { Class::Rollback };
    }
    if any(first, &["savepoint", "release"]) {
        return Class::Savepoint;
    }
    Class::Session
}

/// Functions that change the session and not only rows.
fn leaves_traces(sql: &str) -> bool {
    const FUNCTIONS: [&str; 3] = ["pg_advisory_lock", "pg_try_advisory_lock", "set_config"];
    let bytes = sql.as_bytes();
    FUNCTIONS
        .iter()
        .any(|name| bytes.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name.as_bytes())))
}

/// Without leading white space, comments, parentheses and empty statements.
fn skip_blank(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';' || c == '(');
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if rest.starts_with("/*") {
            rest = after_block_comment(rest);
        } else {
            return rest;
        }
    }
}

/// Block comments nest.
fn after_block_comment(sql: &str) -> &str {
    let bytes = sql.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return &sql[at..];
        }
    }
    ""
}

fn word(sql: &str) -> (&str, &str) {
    let end = sql.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(sql.len());
    sql.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tells_statements_by_their_first_words() {
        for (sql, class) in [
            ("select 1", Class::Plain),
            ("  /* a /* nested */ b */ -- c\n (SELECT 1)", Class::Plain),
            ("with x as (select 1) select * from x", Class::Plain),
            ("select pg_advisory_lock(1)", Class::Session),
            ("select SET_CONFIG('a.b', 'c', false)", Class::Session),
            ("begin isolation level serializable", Class::Begin),
            ("START  TRANSACTION", Class::Begin),
            ("commit", Class::Commit),
            ("end;", Class::Commit),
            ("prepare transaction 'x'", Class::Commit),
            ("prepare x as select 1", Class::Session),
            ("rollback", Class::Rollback),
            ("abort", Class::Rollback),
            ("rollback to savepoint a", Class::RollbackTo),
            ("rollback work to a", Class::RollbackTo),
            ("savepoint a", Class::Savepoint),
            ("release a", Class::Savepoint),
            ("set role x", Class::Session),
            ("beginning", Class::Session),
            ("", Class::Session),
            ("select 1;  -- done", Class::Plain),
            ("begin; select 1", Class::Script),
            ("select ';', \";\" /* ; */ , $$;$$, $a$ $$ ; $a$, e'\\';' -- ;", Class::Plain),
            ("select 'it''s'; select $1", Class::Script),
            ("/* never closed", Class::Session),
        ] {
            assert_eq!(classify(sql), class, "{sql}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(sql in ".*") {
            let _ = classify(&sql);
        }
    }
}
