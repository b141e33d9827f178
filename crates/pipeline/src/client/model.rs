//! A client's records and leads to its part of every table.

use std::sync::Arc;
use std::time::Instant;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt as _;
use leadq_contract::table::quoted;
use leadq_contract::{ClientSettings, Finding, Table, rows};
use leadq_matching::ClientFold;
use leadq_matching::link::{LeadBatches, LeadPasses, LinkError, LinkInput, Linked};
use tokio::sync::mpsc;

use super::rows::{Judged, digits, file_rows, findings, snapshot_rows};
use super::{ClientState, OPEN_VERSIONS};
use crate::batches::{self, ClientRow, Words};
use crate::error::RunError;
use crate::history::{Sink, send};
use crate::leads::LeadsDone;
use crate::observer::Stage;
use crate::run::{CHANNEL, Stages, received};
use crate::spool::Spool;
use crate::state::{LeadsFileState, LeadsState, Segment};
use crate::wall::instant_of;

impl Stages<'_> {
    /// Matches the client's records with its leads and stages its part of every table.
    pub(super) async fn model(
        &mut self,
        client: &Arc<ClientSettings>,
        state: &mut ClientState,
        judged: &Judged,
        fold: ClientFold,
        leads: (&LeadsState, &LeadsDone),
        rematch: bool,
    ) -> Result<(), RunError> {
        let begun = Instant::now();
        self.observer.begin(Stage::Model, 1);
        self.join_small_files(state).await?;
        self.describe(client, state, judged, &fold).await?;
        self.history_parts(state);
        if leads.1.anew {
            // What the table has of leads is void, and stays so if none of them is the client's now.
            state.tables.remove(Table::DimLead.name());
        }
        let last = judged.order.last().map(|place| state.files[*place].facts.snapshot_at);
        let linking = Linking {
            leads: self.clean_leads(client, state, leads).await?,
            files: leads_files(leads.0),
            latest: last.map(|last| instant_of(last, client.timezone)),
            digits: digits(client, state, leads.0),
            dimensions: self.request.dimensions.clone(),
            rematch,
            fold,
        };
        let linked = self.link(linking, state).await?;
        let mut all = findings(client, state, judged, leads.0);
        all.extend(linked.findings);
        let mut made = vec![(Table::Claim, linked.claims), (Table::Finding, batches::finding(&all)?)];
        if self.request.clients.len() == 1 {
            // Places of several clients are put together at the end.
            made.push((Table::DimPlace, linked.places));
        }
        for (table, rows) in made {
            let files = self.stage_part(table, rows).await?;
            state.tables.insert(table.name().to_owned(), files);
        }
        state.days = days(state, linked.days);
        self.observer.step(&client.id.0);
        self.took(Stage::Model.name(), begun);
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
        }
        Ok(())
    }

    /// The data files of versions and of rows set aside, as the history's stretches have them.
    fn history_parts(&self, state: &mut ClientState) {
        let of = |pick: fn(&Segment) -> &Vec<String>| state.segments.iter().flat_map(pick).cloned();
        let open = state.tables.get(OPEN_VERSIONS).into_iter().flatten().cloned();
        let versions: Vec<String> = of(|segment| &segment.versions).chain(open).collect();
        let quarantine: Vec<String> = of(|segment| &segment.quarantine).collect();
        state.tables.insert(Table::RecordVersion.name().to_owned(), versions);
        state.tables.insert(Table::Quarantine.name().to_owned(), quarantine);
    }

    /// The client's clean leads: those just read, behind those of its last run.
    async fn clean_leads(
        &mut self,
        client: &ClientSettings,
        state: &ClientState,
        (_, done): (&LeadsState, &LeadsDone),
    ) -> Result<CleanRows, RunError> {
        let mut before = self.reading().spool();
        if let Some(files) = state.tables.get(Table::DimLead.name()).filter(|_| !done.anew) {
            const BEFORE: &str = "lead_before";
            let mut table = self.files(Table::DimLead, files)?;
            BEFORE.clone_into(&mut table.name);
            self.ports.engine.register(&table)?;
            let schema = rows::lead_rows(&self.request.dimensions);
            let names = schema.fields().iter().map(|field| field.name().as_str());
            // By the last two it is seen whether anything changed.
            let names: Vec<String> = names.chain(["duplicate_lead", "in_scope"]).map(quoted).collect();
            let sql = format!("SELECT {} FROM {BEFORE}", names.join(", "));
            let mut rows = self.ports.engine.query(&sql).await?.batches;
            while let Some(batch) = rows.try_next().await? {
                before.push(batch).map_err(clean_failed)?;
            }
        }
        before.close().map_err(clean_failed)?;
        Ok(CleanRows { before, fresh: done.fresh.get(&client.id).cloned() })
    }

    /// Links records with leads, and stages what comes of it.
    async fn link(&mut self, linking: Linking, state: &mut ClientState) -> Result<LinkedRows, RunError> {
        let (dim_lead, from_dim_lead) = mpsc::channel(CHANNEL);
        let (fact, from_fact) = mpsc::channel(CHANNEL);
        let (links, from_links) = mpsc::channel(CHANNEL);
        let linked = tokio::task::spawn_blocking(move || linking.run(&dim_lead, &fact, links));
        let (dim_lead, fact, links) = tokio::join!(
            self.stage_stream(Table::DimLead, received(from_dim_lead)),
            self.stage_stream(Table::FactLeadOutcome, received(from_fact)),
            self.stage_stream(Table::LeadLink, received(from_links)),
        );
        let linked = linked.await?;
        let (dim_lead, fact, links) = (dim_lead?, fact?, links?);
        let linked = linked?;
        let dim_lead = (!linked.leads_stand).then_some(dim_lead);
        for staged in dim_lead.into_iter().chain([fact, links]) {
            let table = staged.table.name().to_owned();
            state.tables.insert(table, self.staged(staged));
        }
        Ok(linked)
    }
}

/// Leads that were known and leads just read.
struct CleanRows {
    before: Spool,
    fresh: Option<Arc<Spool>>,
}

impl LeadPasses for CleanRows {
    fn pass(&self) -> Result<LeadBatches<'_>, LinkError> {
        let failed = |error: ArrowError| LinkError::Leads(error.to_string());
        let before = self.before.batches().map_err(failed)?;
        let fresh = self.fresh.as_ref().map(|fresh| fresh.batches()).transpose().map_err(failed)?;
        Ok(Box::new(before.chain(fresh.into_iter().flatten()).map(move |batch| batch.map_err(failed))))
    }

    fn rows(&self) -> usize {
        self.before.rows() + self.fresh.as_ref().map_or(0, |fresh| fresh.rows())
    }
}

/// What records are linked by, on a thread of its own.
struct Linking {
    fold: ClientFold,
    leads: CleanRows,
    files: Vec<String>,
    latest: Option<i64>,
    digits: [[[u64; 3]; 2]; 2],
    dimensions: Vec<String>,
    /// What was made before was made otherwise.
    rematch: bool,
}

/// What comes of it beside tables of many rows.
struct LinkedRows {
    /// The leads are in the table as they are, and were not written again.
    leads_stand: bool,
    places: RecordBatch,
    claims: RecordBatch,
    findings: Vec<Finding>,
    days: [Option<(i32, i32)>; 2],
}

impl Linking {
    fn run(self, dim_lead: &Sink, fact: &Sink, links: Sink) -> Result<LinkedRows, RunError> {
        let client = self.fold.client().0.clone();
        let failed = |source| RunError::Link { client: client.clone(), source };
        let linked = Linked::new(LinkInput {
            fold: &self.fold,
            leads: &self.leads,
            files: &self.files,
            latest: self.latest,
            digits: self.digits,
            dimensions: &self.dimensions,
        });
        let linked = linked.map_err(failed)?;
        for batch in linked.links() {
            send(&links, batch.map_err(failed)?)?;
        }
        drop(links);
        let leads_stand = linked.leads_are_stored() && !self.rematch;
        let mut tables = linked.lead_tables().map_err(failed)?;
        for batches in tables.by_ref() {
            let [leads, outcomes] = batches.map_err(failed)?;
            if leads.num_rows() > 0 {
                if !leads_stand {
                    send(dim_lead, leads)?;
                }
                send(fact, outcomes)?;
            }
        }
        Ok(LinkedRows {
            leads_stand,
            places: tables.places().map_err(failed)?,
            claims: linked.claims().map_err(failed)?,
            findings: linked.findings(),
            days: [linked.days(), self.fold.days()],
        })
    }
}

/// The spool is local disk.
fn clean_failed(source: ArrowError) -> RunError {
    RunError::Scratch(std::io::Error::other(source))
}

/// Leads files in their order, as rows have them.
fn leads_files(leads: &LeadsState) -> Vec<String> {
    let label = |file: &LeadsFileState| LeadsFileState::label(file.owner.as_ref(), &file.entry.name);
    leads.files.iter().map(label).collect()
}

/// First and last day that the client's tables speak of.
fn days(state: &ClientState, others: [Option<(i32, i32)>; 2]) -> Option<(i32, i32)> {
    let of_snapshots = state.snapshots.iter().map(|snapshot| {
        let date = state.files[snapshot.file].facts.snapshot_at.date();
        let day = (date - chrono::DateTime::UNIX_EPOCH.date_naive()).num_days() as i32;
        (day, day)
    });
    let all = of_snapshots.chain(others.into_iter().flatten());
    all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}
