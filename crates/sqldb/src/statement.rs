//! Statements: how their text is classified, how they are prepared and run, and how their rows are read.

pub(crate) mod class;
pub(crate) mod json_exchange;
pub(crate) mod kept_exchange;
pub(crate) mod parameter;
pub(crate) mod prepared;
pub(crate) mod query;
pub(crate) mod routing;
pub(crate) mod run;
pub(crate) mod script;
pub(crate) mod shape;
pub(crate) mod stream;
pub(crate) mod summary;
pub(crate) mod text_cache;
pub(crate) mod tokens;
pub(crate) mod typed_exchange;
mod typed_parameter;
mod typed_row;
