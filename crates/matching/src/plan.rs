//! Tables over all clients, as a list of queries over tables made before.
//!
//! Each step is one query; an engine executes it and nothing else needs to be known of it. The `.sql` files are named
//! after the table that they make. What looks at one client only is made by [`link`](crate::link): so a client in which
//! nothing changed is left alone.

use leadq_contract::Table;

/// Of all clients, before the first step: `first_day`, `last_day`.
pub const CLIENT_DAYS: &str = "client_days";

/// One query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The table of the lake that its rows make.
    pub table: Table,
    /// The query.
    pub sql: &'static str,
}

/// Days, from the first to the last that any table speaks of.
#[must_use]
pub const fn dates() -> Step {
    Step { table: Table::DimDate, sql: include_str!("sql/dim_date.sql") }
}

/// Places, where several clients may have the same ones.
#[must_use]
pub const fn places() -> Step {
    Step { table: Table::DimPlace, sql: include_str!("sql/dim_place.sql") }
}
