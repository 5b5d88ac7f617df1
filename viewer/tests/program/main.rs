//! The program as its users have it: a process of its own, asked over its sockets.

mod clients;
mod crash;
mod files;
mod guard;
mod otlp;
mod tools;
mod viewer;
