//! A client's records and leads to its part of every table.

use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Date32Type;
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt as _;
use leadq_contract::table::{literal, quoted};
use leadq_contract::{ClientSettings, Table, rows};
use leadq_matching::ClientFold;
use leadq_matching::plan::{self, input};

use super::rows::{Judged, digits, file_rows, findings, snapshot_rows};
use super::{ClientState, OPEN_VERSIONS};
use crate::batches::{self, ClientRow, Words};
use crate::error::RunError;
use crate::leads::{self, LeadsDone};
use crate::ports::TableFiles;
use crate::run::Stages;
use crate::state::{LeadsFileState, LeadsState, Segment};

impl Stages<'_> {
    /// Matches the client's records with its leads and stages its part of every table.
    pub(super) async fn model(
        &mut self,
        client: &Arc<ClientSettings>,
        state: &mut ClientState,
        judged: &Judged,
        fold: &ClientFold,
        leads: (&LeadsState, &LeadsDone),
    ) -> Result<(), RunError> {
        self.join_small_files(state).await?;
        self.describe(client, state, judged, fold).await?;
        self.records_in(client, state, fold).await?;
        self.leads_in(client, state, leads).await?;
        let findings = findings(client, state, judged, leads.0);
        self.scratch(input::FILE_FINDING, batches::finding(&findings)?).await?;
        let digits = digits(client, state, leads.0);
        self.scratch(input::HASH_DIGITS, batches::hash_digits(&digits)?).await?;
        let steps = plan::steps(&self.request.dimensions);
        for (table, files) in self.steps(steps).await? {
            state.tables.insert(table.name().to_owned(), files);
        }
        state.days = self.days(state, fold).await?;
        Ok(())
    }

    /// The small tables that say what files and words the client has.
    async fn describe(
        &mut self,
        client: &Arc<ClientSettings>,
        state: &mut ClientState,
        judged: &Judged,
        fold: &ClientFold,
    ) -> Result<(), RunError> {
        let files = file_rows(client, state, judged);
        let snapshots = snapshot_rows(state);
        let at = |place: Option<&usize>| place.map(|place| state.files[*place].facts.snapshot_at);
        let row = ClientRow {
            settings: (**client).clone(),
            snapshots: judged.order.len() as i64,
            first: at(judged.order.first()),
            last: at(judged.order.last()),
        };
        let words = [Words {
            client: (**client).clone(),
            dispositions: fold.dispositions().map(|(text, outcome)| (text.to_owned(), outcome)).collect(),
            job_statuses: fold.job_statuses().map(str::to_owned).collect(),
        }];
        let made = [
            (Table::ReportFile, batches::report_file(&files)?),
            (Table::DimSnapshot, batches::dim_snapshot(&snapshots, &files)?),
            (Table::ColumnHealth, batches::column_health(&snapshots, &files)?),
            (Table::DimClient, batches::dim_client(&[row])?),
            (Table::DimStatus, batches::dim_status(&words)?),
            (Table::DimDisposition, batches::dim_disposition(&words)?),
        ];
        for (table, rows) in made {
            let files = self.stage_part(table, rows).await?;
            state.tables.insert(table.name().to_owned(), files);
            self.register(table, &state.tables)?;
        }
        Ok(())
    }

    /// Makes the client's records and their identifiers readable for the plan.
    async fn records_in(
        &mut self,
        client: &ClientSettings,
        state: &mut ClientState,
        fold: &ClientFold,
    ) -> Result<(), RunError> {
        let failed = |source| RunError::Fold { client: client.id.0.clone(), source };
        let of = |pick: fn(&Segment) -> &Vec<String>| state.segments.iter().flat_map(pick).cloned();
        let open = state.tables.get(OPEN_VERSIONS).into_iter().flatten().cloned();
        let versions: Vec<String> = of(|segment| &segment.versions).chain(open).collect();
        let quarantine: Vec<String> = of(|segment| &segment.quarantine).collect();
        state.tables.insert(Table::RecordVersion.name().to_owned(), versions);
        state.tables.insert(Table::Quarantine.name().to_owned(), quarantine);
        self.register(Table::CrmRecord, &state.tables)?;
        let identities = fold.record_identities().collect::<Result<Vec<_>, _>>().map_err(failed)?;
        if let Some(schema) = identities.first().map(RecordBatch::schema) {
            let rows = futures::stream::iter(identities.into_iter().map(Ok));
            self.ports.engine.scratch(input::RECORD_IDENTITY, schema, Box::pin(rows)).await?;
        }
        self.scratch(input::ROW_IDENTITY, fold.row_identities().map_err(failed)?).await?;
        self.scratch(input::UNSET_VERSION, fold.unset_versions().map_err(failed)?).await
    }

    /// Makes the client's clean leads readable for the plan: those just read, laid over those of its last run.
    async fn leads_in(
        &mut self,
        client: &ClientSettings,
        state: &ClientState,
        (all, done): (&LeadsState, &LeadsDone),
    ) -> Result<(), RunError> {
        let labels: Vec<String> = all
            .files
            .iter()
            .map(|file| LeadsFileState::label(file.owner.as_ref(), &file.entry.name))
            .collect();
        self.scratch(input::LEADS_FILE, batches::leads_file(labels.iter().map(String::as_str))?).await?;
        let before = state.tables.get(Table::DimLead.name());
        let fresh = done.fresh.as_ref().filter(|_| done.concerns(&client.id));
        match (before, fresh) {
            (Some(files), None) if !done.anew => {
                let mut before = self.files(Table::DimLead, files)?;
                input::LEAD_CLEAN.clone_into(&mut before.name);
                Ok(self.ports.engine.register(&before)?)
            }
            (_, Some(fresh)) if done.anew && self.request.clients.len() == 1 => {
                let fresh = TableFiles { name: input::LEAD_CLEAN.to_owned(), ..fresh.clone() };
                Ok(self.ports.engine.register(&fresh)?)
            }
            (before, fresh) => {
                let before = before.filter(|_| !done.anew);
                self.leads_over(client, before, fresh.is_some()).await
            }
        }
    }

    async fn leads_over(
        &mut self,
        client: &ClientSettings,
        before: Option<&Vec<String>>,
        fresh: bool,
    ) -> Result<(), RunError> {
        const BEFORE: &str = "lead_before";
        let schema = rows::lead_rows(&self.request.dimensions);
        let names: Vec<String> = schema.fields().iter().map(|field| quoted(field.name())).collect();
        let columns = names.join(", ");
        let mut queries = Vec::new();
        if let Some(files) = before {
            let mut before = self.files(Table::DimLead, files)?;
            BEFORE.clone_into(&mut before.name);
            self.ports.engine.register(&before)?;
            queries.push(format!("SELECT {columns} FROM {BEFORE}"));
        }
        if fresh {
            let id = literal(&client.id.0);
            queries.push(format!("SELECT {columns} FROM {} WHERE client_id = {id}", leads::FRESH));
        }
        if queries.is_empty() {
            return self.scratch(input::LEAD_CLEAN, RecordBatch::new_empty(schema)).await;
        }
        let rows = self.ports.engine.query(&queries.join(" UNION ALL ")).await?;
        self.ports.engine.scratch(input::LEAD_CLEAN, rows.schema, rows.batches).await?;
        Ok(())
    }

    /// First and last day that the client's tables speak of.
    async fn days(&self, state: &ClientState, fold: &ClientFold) -> Result<Option<(i32, i32)>, RunError> {
        let sql =
            "SELECT min(CAST(delivered_local AS DATE)), max(CAST(delivered_local AS DATE)) FROM dim_lead";
        let rows: Vec<RecordBatch> = self.ports.engine.query(sql).await?.batches.try_collect().await?;
        let delivered = rows.iter().filter(|rows| rows.num_rows() > 0).find_map(|rows| {
            let day = |column: usize| {
                let days = rows.column(column).as_primitive_opt::<Date32Type>()?;
                days.is_valid(0).then(|| days.value(0))
            };
            day(0).zip(day(1))
        });
        let of_snapshots = state.snapshots.iter().map(|snapshot| {
            let date = state.files[snapshot.file].facts.snapshot_at.date();
            let day = (date - chrono::DateTime::UNIX_EPOCH.date_naive()).num_days() as i32;
            (day, day)
        });
        let all = of_snapshots.chain(fold.days()).chain(delivered);
        Ok(all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))))
    }
}
