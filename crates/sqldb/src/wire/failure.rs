//! Failures of a connection and of requests on it.

use std::fmt;
use std::sync::Arc;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorFields;
use serde_json::{Map, Value, json};

/// The position of an error in an SQL text, in characters from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorPosition {
    /// A position in the text that was sent.
    Sent(u32),
    /// A position in a text that the server generated, such as the body of a function.
    Internal { at: u32, query: String },
}

/// The fields of an `ErrorResponse` or `NoticeResponse`.
///
/// Source: PostgreSQL, "Error and Notice Message Fields".
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerRefusal {
    /// `ERROR`, `FATAL` or `PANIC`, in the server's language where it does not say it untranslated.
    pub(crate) severity: String,
    /// The SQLSTATE; empty where the field is missing.
    pub(crate) code: String,
    /// The primary message.
    pub(crate) message: String,
    /// The secondary message, with particulars.
    pub(crate) detail: Option<String>,
    /// What the server suggests.
    pub(crate) hint: Option<String>,
    /// Where in the statement the error is.
    pub(crate) place: Option<ErrorPosition>,
    /// The call stack of functions and internal queries.
    pub(crate) context: Option<String>,
    /// The schema of the object that the error is about.
    pub(crate) schema: Option<String>,
    /// The table.
    pub(crate) table: Option<String>,
    /// The column.
    pub(crate) column: Option<String>,
    /// The data type.
    pub(crate) data_type: Option<String>,
    /// The constraint, or the index that stands for one.
    pub(crate) constraint: Option<String>,
    /// The source file of the server that reported the error.
    pub(crate) file: Option<String>,
    /// The line in that file.
    pub(crate) line: Option<u32>,
    /// The routine of the server that reported the error.
    pub(crate) routine: Option<String>,
}

impl ServerRefusal {
    /// Reads the fields; unknown ones are ignored, as the protocol demands.
    pub(crate) fn read(mut fields: ErrorFields<'_>) -> Self {
        let mut refusal = Self::default();
        let mut unlocalized = None;
        let (mut at, mut internal_at, mut internal_query) = (None, None, None);
        while let Ok(Some(field)) = fields.next() {
            let text = String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'S' => refusal.severity = text,
                b'V' => unlocalized = Some(text),
                b'C' => refusal.code = text,
                b'M' => refusal.message = text,
                b'D' => refusal.detail = Some(text),
                b'H' => refusal.hint = Some(text),
                b'P' => at = text.parse().ok(),
                b'p' => internal_at = text.parse().ok(),
                b'q' => internal_query = Some(text),
                b'W' => refusal.context = Some(text),
                b's' => refusal.schema = Some(text),
                b't' => refusal.table = Some(text),
                b'c' => refusal.column = Some(text),
                b'd' => refusal.data_type = Some(text),
                b'n' => refusal.constraint = Some(text),
                b'F' => refusal.file = Some(text),
                b'L' => refusal.line = text.parse().ok(),
                b'R' => refusal.routine = Some(text),
                _ => {}
            }
        }
        if let Some(severity) = unlocalized {
            refusal.severity = severity;
        }
        refusal.place = match (at, internal_at, internal_query) {
            (Some(at), ..) => Some(ErrorPosition::Sent(at)),
            (None, at, Some(query)) => Some(ErrorPosition::Internal { at: at.unwrap_or(1), query }),
            _ => None,
        };
        refusal
    }

    /// The fields as JSON, by the names that the isolate uses.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
        put("sqlstate", Some(json!(self.code)));
        put("severity", Some(json!(self.severity)));
        put("detail", text(&self.detail));
        put("hint", text(&self.hint));
        put("where", text(&self.context));
        put("schema", text(&self.schema));
        put("table", text(&self.table));
        put("column", text(&self.column));
        put("dataType", text(&self.data_type));
        put("constraint", text(&self.constraint));
        put("file", text(&self.file));
        put("line", self.line.map(|line| json!(line)));
        put("routine", text(&self.routine));
        match &self.place {
            Some(ErrorPosition::Sent(at)) => put("position", Some(json!(at))),
            Some(ErrorPosition::Internal { at, query }) => {
                put("internalPosition", Some(json!(at)));
                put("internalQuery", Some(json!(query)));
            }
            None => {}
        }
        fields
    }

    /// Whether the server ends the connection after the error: severity FATAL or PANIC.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(self.severity.as_str(), "FATAL" | "PANIC")
    }
}

impl fmt::Display for ServerRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.code.is_empty() { Ok(()) } else { write!(f, " ({})", self.code) }
    }
}

/// The reason why a request has no answer, or a connection could not be opened.
#[derive(Clone, Debug)]
pub(crate) enum WireFailure {
    /// The server reported an error.
    Refused(Arc<ServerRefusal>),
    /// The connection ended while the request was with the server, which may have executed it.
    Lost(String),
    /// The connection had ended before the request was sent, so that the server has not seen it.
    Ended(Option<Arc<ServerRefusal>>),
    /// The request cannot be encoded; nothing was sent.
    Unsendable(String),
    /// The server broke the protocol.
    Protocol(String),
    /// No connection was opened.
    Unreachable(String),
}

impl fmt::Display for WireFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) | Self::Ended(Some(refusal)) => refusal.fmt(f),
            Self::Ended(None) => f.write_str("the connection was closed"),
            Self::Lost(text) | Self::Unsendable(text) | Self::Protocol(text) | Self::Unreachable(text) => {
                f.write_str(text)
            }
        }
    }
}
