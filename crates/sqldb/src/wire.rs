//! PostgreSQL's frontend/backend protocol, version 3, on one connection.
//!
//! A *driver* task owns the socket. A *client* hands it requests, each with an *answer* that receives the server's messages up to
//! `ReadyForQuery`; requests are pipelined in the order of the calls. Asynchronous messages (changed settings, notices, the error
//! with which the server ends a connection) go to the state that both share.
//!
//! Each column of a result is requested in binary or text, as its reader wants. The command tag, the transaction state and all
//! fields of an error are available as the server sent them.

mod answer;
mod authenticate;
mod client;
mod connect;
mod driver;
mod failure;
mod secure;
mod shared;
mod socket;

pub(crate) use answer::{Message, RowStep, ServerAnswer};
pub(crate) use client::{BindValue, Canceller, Client, Column, Portal, statement_name};
pub(crate) use connect::connect;
pub(crate) use failure::{ServerRefusal, WireFailure};
pub(crate) use secure::Tls;
pub(crate) use shared::{ServerEvent, TransactionState};
