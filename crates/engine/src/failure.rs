//! DataFusion's errors as the port's: what a person reads, and whether trying again can help.

use datafusion::error::DataFusionError;
use leadq_pipeline::ports::{Fault, PortError};

use crate::wrong_query::WrongQuery;

/// How errors of one engine are told; knows the memory that was promised, for the hint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    /// Bytes that the process promised as a whole.
    pub(crate) memory: u64,
}

impl Failure {
    /// The port's error for one of DataFusion's.
    pub(crate) fn port(self, operation: &'static str, subject: &str, error: &DataFusionError) -> PortError {
        // The root alone tells the reason: the layers around it name DataFusion's operators.
        let root = error.find_root();
        let told = PortError::permanent(operation, subject, root.strip_backtrace());
        match root {
            DataFusionError::ResourcesExhausted(_) => told.fault(Fault::Exhausted).hint(format!(
                "raise --memory (now {} MB), or free space for temporary files if the disk is what is full",
                self.memory / 1_000_000
            )),
            DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) => {
                told.hint("a file that a run pinned may have been deleted or moved")
            }
            _ => told,
        }
    }

    /// The port's error for one of a query, with what is wrong about the query if that is what it is.
    pub(crate) fn query(self, error: &DataFusionError, sql: &str, tables: &[String]) -> PortError {
        match WrongQuery::read(error, sql, tables) {
            Some(wrong) => wrong.told(),
            None => self.port("execute", "the query", error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exhausted_memory_is_told_from_under_its_context() {
        let error = DataFusionError::ResourcesExhausted("no more".to_owned()).context("HashJoinExec");
        let told = Failure { memory: 512_000_000 }.port("execute", "the query", &error);
        assert_eq!(told.fault, Fault::Exhausted);
        assert!(told.hint.is_some_and(|hint| hint.contains("--memory (now 512 MB)")));
        assert!(!told.reason.contains("HashJoinExec"), "{}", told.reason);
    }

    #[test]
    fn a_plan_error_is_permanent() {
        let error = DataFusionError::Plan("no such column".to_owned());
        let told = Failure { memory: 1 }.port("plan", "the query", &error);
        assert_eq!((told.fault, told.hint), (Fault::Permanent, None));
    }
}
