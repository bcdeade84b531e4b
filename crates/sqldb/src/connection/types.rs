//! A cache of types that are not built in, as far as the type decides how values are read and written.

use std::collections::HashMap;

use tokio_postgres::types::Type;

use crate::wire::{Client, WireFailure};

/// A type that is not built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KnownType {
    Array {
        element: u32,
        delimiter: u8,
    },
    Domain(u32),
    /// pgvector's `vector`, whose text is a JSON array.
    Vector,
    /// An enum, a composite, a range, a base type of an extension: read and written in the server's text form.
    Other,
}

/// The types that a connection has looked up, by OID.
#[derive(Clone, Debug, Default)]
pub(crate) struct Types(HashMap<u32, KnownType>);

/// Selects the types asked for and, recursively, the types that they consist of.
const LOOK_UP: &str = "\
    with recursive asked(oid) as (\
        select pg_catalog.unnest($1::pg_catalog.oid[]) \
        union select case when t.typtype = 'd' then t.typbasetype else t.typelem end \
        from asked join pg_catalog.pg_type t on t.oid = asked.oid \
        where t.typtype = 'd' or (t.typelem <> 0 and t.typcategory = 'A')) \
    select t.oid, t.typname, t.typtype, t.typcategory, t.typelem, t.typbasetype, t.typdelim \
    from asked join pg_catalog.pg_type t on t.oid = asked.oid";

impl Types {
    pub(crate) fn get(&self, oid: u32) -> Option<&KnownType> {
        self.0.get(&oid)
    }

    /// The OIDs among `oids` that are neither built in nor in the cache.
    pub(crate) fn unknown(&self, oids: Vec<u32>) -> Vec<u32> {
        let mut unknown = oids;
        unknown.retain(|oid| Type::from_oid(*oid).is_none() && !self.0.contains_key(oid));
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }

    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Looks `oids` up in the server. A type that has been dropped meanwhile is treated as text.
    pub(crate) async fn look_up(client: &Client, oids: &[u32]) -> Result<Self, WireFailure> {
        let list: Vec<String> = oids.iter().map(ToString::to_string).collect();
        let mut answer = client.execute_once(LOOK_UP, &[&format!("{{{}}}", list.join(","))])?;
        let mut types = Self(oids.iter().map(|oid| (*oid, KnownType::Other)).collect());
        answer
            .rows(|row| {
                if let Some((oid, known)) = read(row) {
                    types.0.insert(oid, known);
                }
                Ok::<_, WireFailure>(true)
            })
            .await?;
        Ok(types)
    }
}

fn read(row: &[u8]) -> Option<(u32, KnownType)> {
    let mut cursor = crate::value::Cursor(row);
    let mut next = || cursor.sized().ok().flatten();
    let (oid, name, kind, category) = (next()?, next()?, next()?, next()?);
    let (element, base, delimiter) = (next()?, next()?, next()?);
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse().ok();
    let known = match (kind, category, name) {
        (b"d", ..) => KnownType::Domain(number(base)?),
        (_, b"A", _) if element != b"0" => {
            KnownType::Array { element: number(element)?, delimiter: *delimiter.first()? }
        }
        (_, _, b"vector") => KnownType::Vector,
        _ => KnownType::Other,
    };
    Some((number(oid)?, known))
}
