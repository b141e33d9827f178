//! Matching, outcomes and findings as a stage of the run: the plan's steps, executed and staged.

use std::time::Instant;

use futures::stream;
use leadq_matching::plan::{self, Output};

use crate::error::RunError;
use crate::observer::Observer;
use crate::ports::{BatchStream, Engine, LakeWriter, StagedTable};

/// One batch, or none, as a stream.
pub(crate) fn once(batch: arrow::record_batch::RecordBatch) -> BatchStream {
    Box::pin(stream::iter((batch.num_rows() > 0).then_some(Ok(batch))))
}

/// Executes every step; what is for the lake is staged there.
pub(crate) async fn model(
    dimensions: &[String],
    engine: &dyn Engine,
    writer: &dyn LakeWriter,
    observer: &dyn Observer,
) -> Result<Vec<StagedTable>, RunError> {
    let mut staged = Vec::new();
    for step in plan::steps(dimensions) {
        let begun = Instant::now();
        let rows = engine.query(&step.sql).await?;
        let (name, made) = match step.output {
            Output::Scratch(name) => (name, engine.scratch(name, rows.schema, rows.batches).await?.rows()),
            Output::Table(table) => {
                let files = writer.stage(table, table.schema(dimensions), rows.batches).await?;
                engine.register(&files.files)?;
                let rows = files.files.rows();
                staged.push(files);
                (table.name(), rows)
            }
        };
        observer.step(name);
        tracing::info!(
            step = name,
            step.rows = made,
            step.seconds = begun.elapsed().as_secs_f64(),
            "step done"
        );
    }
    Ok(staged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use leadq_contract::Table;

    /// Tables that a run commits which no step of the plan makes.
    const MADE_BEFORE: [Table; 9] = [
        Table::ReportFile,
        Table::DimSnapshot,
        Table::ColumnHealth,
        Table::DimClient,
        Table::DimStatus,
        Table::DimDisposition,
        Table::RecordVersion,
        Table::CrmRecord,
        Table::Quarantine,
    ];

    #[test]
    fn every_table_is_made_once() {
        let planned = plan::steps(&[]).into_iter().filter_map(|step| match step.output {
            Output::Table(table) => Some(table),
            Output::Scratch(_) => None,
        });
        let mut made: Vec<_> = planned.chain(MADE_BEFORE).collect();
        made.sort();
        let mut all = Table::ALL.to_vec();
        all.sort();
        assert_eq!(made, all);
    }
}
