//! Routing: finding the endpoint for a method and a path.

pub(crate) mod canonical;
pub(crate) mod documents;
pub(crate) mod endpoint;
pub(crate) mod pattern;
pub(crate) mod route;
