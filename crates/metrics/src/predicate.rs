//! A predicate over the fact, as a person writes it behind `--where`.

use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

/// One SQL expression as it was written, and nothing beside it: within brackets it does not change the query that it is
/// put into. It is not rendered anew from what was parsed: quotes, signs and comments would not all come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predicate(String);

/// The text is no single SQL expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PredicateError(String);

impl Predicate {
    /// Reads an expression.
    ///
    /// # Errors
    /// If the text is none, or goes on behind it.
    pub fn parse(text: &str) -> Result<Self, PredicateError> {
        let wrong = |error: sqlparser::parser::ParserError| {
            let told = error.to_string();
            PredicateError(told.trim_start_matches("sql parser error: ").to_owned())
        };
        let mut parser = Parser::new(&GenericDialect {}).try_with_sql(text).map_err(wrong)?;
        parser.parse_expr().map_err(wrong)?;
        match parser.peek_token().token {
            Token::EOF => Ok(Self(text.to_owned())),
            rest => Err(PredicateError(format!("one condition is expected, and it goes on with {rest}"))),
        }
    }

    /// Both of two.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(format!("{} AND {}", self.bracketed(), other.bracketed()))
    }

    /// A query without rows that fails where the expression does not fit the fact.
    #[must_use]
    pub fn probe(&self) -> String {
        format!("SELECT 1 FROM fact_lead_outcome WHERE {} LIMIT 0", self.bracketed())
    }

    /// The expression, to stand behind `AND`; true where there is none.
    pub(crate) fn sql(predicate: Option<&Self>) -> String {
        predicate.map_or_else(|| "true".to_owned(), Self::bracketed)
    }

    /// A comment may end the expression; the line ends the comment.
    fn bracketed(&self) -> String {
        format!("({}\n)", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_taken_as_they_are_written() {
        for text in [
            "set",
            "state = 'NV' and not \"set\"",
            "zip LIKE '89%' OR city IN ('Reno', 'Las Vegas')",
            "delivered_at >= '2023-01-01' -- since then",
            "lead_uuid IN (SELECT lead_uuid FROM lead_link WHERE tier = 1)",
            // What a parser renders otherwise than it read it.
            "city = '\\'' OR true)--'",
            "lead_uuid = 'x''''y'",
            "price > - -1",
        ] {
            let predicate = Predicate::parse(text).unwrap();
            assert_eq!(Predicate::sql(Some(&predicate)), format!("({text}\n)"));
            // It is one condition still where it stands.
            Predicate::parse(&format!("true AND {}", Predicate::sql(Some(&predicate)))).unwrap();
        }
        assert_eq!(Predicate::sql(None), "true");
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "",
            "true) UNION SELECT * FROM (SELECT 1",
            "true; DROP TABLE x",
            "state = 'NV' GROUP BY state",
            "state = 'NV",
            "SELECT 1",
        ] {
            assert!(Predicate::parse(text).is_err(), "{text}");
        }
    }
}
