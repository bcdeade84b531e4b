//! The admin server: health, metrics, profiles, recent traces and lines, questions of the dashboard, and its files.

pub(crate) mod answer;
mod api;
mod ask;
mod body;
mod connection;
mod files;
mod guard;
mod health;
mod json_metrics;
mod profile;
mod query;
mod router;
pub(crate) mod server;
pub(crate) mod state;
