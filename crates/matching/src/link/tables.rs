//! Rows of `dim_lead`, `fact_lead_outcome`, `lead_link` and `claim`.
//!
//! Those of leads are made in a pass, batch by batch: a column that stays as it is is taken over whole.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Int64Array,
    StringArray, TimestampMicrosecondArray, UInt32Array,
};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use leadq_contract::table::Table;
use leadq_contract::{SurrogateKey, rows};

use super::claims::{Claimed, Evidence};
use super::leads::{LeadColumns, UNKNOWN};
use super::outcome::Outcome;
use super::places::Places;
use super::{LeadBatches, LinkError, Linked};
use crate::fold::{Record, Symbol, Symbols};

/// Rows in a batch of links.
const BATCH_ROWS: usize = 8192;

/// Rows of `dim_lead` and `fact_lead_outcome`: a pair of batches a batch of leads.
pub struct LeadTables<'l> {
    writing: Writing<'l>,
    pass: LeadBatches<'l>,
}

impl<'l> LeadTables<'l> {
    pub(super) fn of(linked: &'l Linked<'_>) -> Result<Self, LinkError> {
        Ok(Self { writing: Writing::new(linked), pass: linked.input.leads.pass()? })
    }

    /// Rows of `dim_place`: of the leads that have passed.
    ///
    /// # Errors
    /// If they cannot be built.
    pub fn places(&self) -> Result<RecordBatch, LinkError> {
        Ok(self.writing.places.table()?)
    }
}

impl Iterator for LeadTables<'_> {
    type Item = Result<[RecordBatch; 2], LinkError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.pass.next()?;
        Some(batch.and_then(|batch| self.writing.batch(&batch)))
    }
}

/// The last pass over the leads under way.
struct Writing<'l> {
    linked: &'l Linked<'l>,
    schemas: [SchemaRef; 2],
    client_key: SurrogateKey,
    places: Places,
    /// Keys of words, by symbol.
    statuses: Vec<SurrogateKey>,
    dispositions: Vec<SurrogateKey>,
    /// Row of the pass that comes next.
    next: u32,
}

impl<'l> Writing<'l> {
    fn new(linked: &'l Linked<'_>) -> Self {
        let fold = linked.input.fold;
        let client = fold.settings().id.0.as_bytes();
        let key = |entity: &str, text: &str| SurrogateKey::of(entity, &[Some(client), Some(text.as_bytes())]);
        let dimensions = linked.input.dimensions;
        Self {
            linked,
            schemas: [Table::DimLead.schema(dimensions), Table::FactLeadOutcome.schema(dimensions)],
            client_key: SurrogateKey::of("client", &[Some(client)]),
            places: Places::default(),
            statuses: fold.job_statuses().map(|text| key("status", text)).collect(),
            dispositions: fold.dispositions().map(|(text, _)| key("disposition", text)).collect(),
            next: 0,
        }
    }

    fn batch(&mut self, batch: &RecordBatch) -> Result<[RecordBatch; 2], LinkError> {
        let rows = batch.num_rows() as u32;
        let standing = (0..rows).filter(|row| self.linked.leads.stands(self.next + row));
        let kept: Vec<u32> = standing.collect();
        let leads: Vec<u32> = kept.iter().map(|row| self.next + row).collect();
        self.next += rows;
        let whole = kept.len() == batch.num_rows();
        let batch = if whole {
            batch.clone()
        } else {
            arrow::compute::take_record_batch(batch, &UInt32Array::from(kept))?
        };
        let rows =
            Rows { linked: self.linked, batch: &batch, columns: LeadColumns::of(&batch)?, leads: &leads };
        let [dim_lead, fact] = &self.schemas;
        let dim_lead = RecordBatch::try_new(Arc::clone(dim_lead), rows.dim_lead(dim_lead)?)?;
        let fact = RecordBatch::try_new(Arc::clone(fact), rows.fact(self)?)?;
        Ok([dim_lead, fact])
    }
}

/// Leads of a batch, column by column.
struct Rows<'r> {
    linked: &'r Linked<'r>,
    /// Rows that stand.
    batch: &'r RecordBatch,
    columns: LeadColumns<'r>,
    /// Their rows in the pass.
    leads: &'r [u32],
}

impl<'r> Rows<'r> {
    fn column(&self, name: &'static str) -> Result<ArrayRef, LinkError> {
        self.batch.column_by_name(name).cloned().ok_or(LinkError::Schema(name))
    }

    fn flags(&self, value: impl Fn(u32) -> bool) -> ArrayRef {
        Arc::new(self.leads.iter().map(|lead| Some(value(*lead))).collect::<BooleanArray>())
    }

    fn matchable(&self) -> ArrayRef {
        let rows = 0..self.batch.num_rows();
        Arc::new(rows.map(|row| Some(!self.columns.is_unmatchable(row))).collect::<BooleanArray>())
    }

    fn duplicate(&self) -> ArrayRef {
        self.flags(|lead| self.linked.leads.is_duplicate(lead))
    }

    fn in_scope(&self) -> ArrayRef {
        self.flags(|lead| self.linked.leads.in_scope(lead))
    }

    fn dim_lead(&self, schema: &SchemaRef) -> Result<Vec<ArrayRef>, LinkError> {
        let column = |name: &str| match name {
            "matchable" => Ok(self.matchable()),
            "duplicate_lead" => Ok(self.duplicate()),
            "in_scope" => Ok(self.in_scope()),
            name => self.batch.column_by_name(name).cloned().ok_or(LinkError::Schema("a dimension")),
        };
        schema.fields().iter().map(|field| column(field.name())).collect()
    }

    /// The columns of the fact in their order.
    fn fact(&self, writing: &mut Writing<'_>) -> Result<Vec<ArrayRef>, LinkError> {
        let linked = self.linked;
        let outcomes: Vec<Option<&Outcome>> =
            self.leads.iter().map(|lead| linked.outcomes.get(*lead)).collect();
        let out = OfOutcomes { linked, outcomes: &outcomes };
        let words = linked.input.fold.words();
        let [city, state, zip] = ["city", "state", "zip"].map(|name| self.column(name));
        let (city, state, zip) = (city?, state?, zip?);
        let place = [
            out.or_lead(&words.city, |r| r.state.city, city.as_string()),
            out.or_lead(&words.state, |r| r.state.state, state.as_string()),
            out.or_lead(&words.zip, |r| r.state.zip, zip.as_string()),
        ];
        let place_key = writing.places.keys(&place);
        let [city, state, zip] = place.map(|column| Arc::new(column) as ArrayRef);
        let mut columns = vec![
            self.column("lead_uuid")?,
            self.column("client_id")?,
            self.column("delivered_at")?,
            out.flags(|_| true),
            out.texts(|o| Some(o.match_type)),
            out.integers(|o| i64::from(o.records)),
            out.names(stage, "delivered"),
            out.names(quality, "unmatched"),
            out.flags(|o| o.set),
            out.flags(|o| o.set && !o.set_said),
            out.flags(|o| o.set_now),
            out.flags(|o| o.appointment),
            out.times(|_, r| r.state.appt_at),
            out.flags(|o| o.demo),
            out.flags(|o| o.demo_now),
            out.flags(|o| o.sold),
            out.flags(|o| o.cancelled),
            out.flags(|o| o.sold && !o.cancelled),
            out.dates(|r| r.state.entry_date),
            city,
            state,
            zip,
            out.symbols(&words.dispo, |r| r.state.dispo),
            out.symbols(&words.job_status, |r| r.state.job_status),
            out.snapshots(|o| Some(o.first_matched)),
            out.snapshots(|o| o.first_set),
            out.snapshots(|o| o.first_demo),
            out.snapshots(|o| o.first_sold),
            out.texts(|o| out.meaning(o)),
            out.flags(|o| {
                !o.set && out.meaning(o).is_some_and(|name| matches!(name, "dq_seller" | "dq_scope"))
            }),
            self.duplicate(),
            self.matchable(),
            self.in_scope(),
        ];
        for dimension in linked.input.dimensions {
            columns
                .push(self.batch.column_by_name(dimension).cloned().ok_or(LinkError::Schema("a dimension"))?);
        }
        let client = std::iter::repeat_n(writing.client_key.0, self.leads.len());
        columns.extend([
            self.column("price")?,
            self.column("lead_key")?,
            Arc::new(BinaryArray::from_iter_values(client)),
            out.keys(|_, r| Some(r.key)),
            place_key,
            out.keys(|_, r| r.state.job_status.map(|status| writing.statuses[status.index()])),
            out.keys(|_, r| r.state.dispo.map(|dispo| writing.dispositions[dispo.index()])),
        ]);
        Ok(columns)
    }
}

/// The furthest stage of a matched lead.
const fn stage(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome { sold: true, .. } => "sold",
        Outcome { demo: true, .. } => "demo",
        Outcome { set: true, .. } => "set",
        _ => "matched",
    }
}

/// How good a matched lead was.
const fn quality(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome { demo: true, .. } => "high",
        Outcome { set: true, .. } => "medium",
        _ => "low",
    }
}

/// Outcomes of leads, column by column; none where a lead is not matched.
#[derive(Clone, Copy)]
struct OfOutcomes<'r> {
    linked: &'r Linked<'r>,
    outcomes: &'r [Option<&'r Outcome>],
}

impl<'r> OfOutcomes<'r> {
    fn primary(self, outcome: &Outcome) -> &'r Record {
        &self.linked.input.fold.held()[outcome.primary as usize]
    }

    /// Name of what the primary record's disposition means.
    fn meaning(self, outcome: &Outcome) -> Option<&'static str> {
        let dispo = self.primary(outcome).state.dispo?;
        Some(self.linked.input.fold.outcome_of(dispo).name())
    }

    fn flags(self, value: impl Fn(&Outcome) -> bool) -> ArrayRef {
        Arc::new(self.outcomes.iter().map(|o| Some(o.is_some_and(&value))).collect::<BooleanArray>())
    }

    fn integers(self, value: impl Fn(&Outcome) -> i64) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(self.outcomes.iter().map(|o| o.map_or(0, &value))))
    }

    fn texts<'t>(self, value: impl Fn(&Outcome) -> Option<&'t str>) -> ArrayRef {
        Arc::new(self.outcomes.iter().map(|o| o.and_then(&value)).collect::<StringArray>())
    }

    fn names(self, value: impl Fn(&Outcome) -> &'static str, unmatched: &'static str) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(self.outcomes.iter().map(|o| o.map_or(unmatched, &value))))
    }

    fn times(self, value: impl Fn(&Outcome, &Record) -> Option<i64>) -> ArrayRef {
        let time = |o: &Option<&Outcome>| o.and_then(|o| value(o, self.primary(o)));
        Arc::new(self.outcomes.iter().map(time).collect::<TimestampMicrosecondArray>())
    }

    fn dates(self, value: impl Fn(&Record) -> Option<i32>) -> ArrayRef {
        let date = |o: &Option<&Outcome>| o.and_then(|o| value(self.primary(o)));
        Arc::new(self.outcomes.iter().map(date).collect::<Date32Array>())
    }

    /// Wall times of snapshots by their numbers.
    fn snapshots(self, number: impl Fn(&Outcome) -> Option<u32>) -> ArrayRef {
        self.times(|o, _| number(o).map(|number| self.linked.input.fold.snapshot(number).at))
    }

    fn symbols(self, texts: &Symbols, value: impl Fn(&Record) -> Option<Symbol>) -> ArrayRef {
        self.texts(|o| value(self.primary(o)).map(|symbol| texts.text(symbol)))
    }

    fn keys(self, value: impl Fn(&Outcome, &Record) -> Option<SurrogateKey>) -> ArrayRef {
        let key = |o: &Option<&Outcome>| o.and_then(|o| value(o, self.primary(o))).map(|key| key.0);
        Arc::new(self.outcomes.iter().map(key).collect::<BinaryArray>())
    }

    /// The primary record's text; where a lead is not matched, the lead's own.
    fn or_lead(
        self,
        texts: &Symbols,
        value: impl Fn(&Record) -> Option<Symbol>,
        own: &StringArray,
    ) -> StringArray {
        let text = |(row, o): (usize, &Option<&Outcome>)| match o {
            Some(outcome) => value(self.primary(outcome)).map(|symbol| texts.text(symbol)),
            None => own.is_valid(row).then(|| own.value(row)),
        };
        self.outcomes.iter().enumerate().map(text).collect()
    }
}

/// Rows of `lead_link`.
pub(super) fn of_links<'l>(
    linked: &'l Linked<'_>,
) -> impl Iterator<Item = Result<RecordBatch, LinkError>> + 'l {
    let mut links = linked.links.ranked();
    std::iter::from_fn(move || {
        let batch: Vec<_> = links.by_ref().take(BATCH_ROWS).collect();
        if batch.is_empty() { None } else { Some(link_batch(linked, &batch)) }
    })
}

fn link_batch(
    linked: &Linked<'_>,
    links: &[(&super::candidates::Candidate, u8)],
) -> Result<RecordBatch, LinkError> {
    let records = linked.input.fold.held();
    let of = |(link, _): &(&super::candidates::Candidate, u8)| &records[link.record as usize];
    let client = linked.input.fold.settings().id.0.as_str();
    let leads = links.iter().map(|(link, _)| link.lead);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(BinaryArray::from_iter_values(links.iter().map(|link| of(link).key.0))),
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(client, links.len()))),
        Arc::new(links.iter().map(|link| of(link).number()).collect::<StringArray>()),
        Arc::new(BinaryArray::from_iter_values(leads.clone().map(|lead| linked.leads.key(lead).0))),
        Arc::new(StringArray::from_iter_values(leads.map(|lead| linked.details.uuid(lead)))),
        Arc::new(Int64Array::from_iter_values(links.iter().map(|(link, _)| i64::from(link.tier)))),
        Arc::new(StringArray::from_iter_values(links.iter().map(|(link, _)| link.match_type()))),
        Arc::new(links.iter().map(|(link, _)| Some(link.is_latest)).collect::<BooleanArray>()),
        Arc::new(Int64Array::from_iter_values(links.iter().map(|(_, rank)| i64::from(*rank)))),
        Arc::new(links.iter().map(|(_, rank)| Some(*rank == 1)).collect::<BooleanArray>()),
    ];
    Ok(RecordBatch::try_new(Table::LeadLink.schema(&[]), columns)?)
}

/// Rows of `claim`.
pub(super) fn of_claims(linked: &Linked<'_>) -> Result<RecordBatch, LinkError> {
    let (fold, claimed) = (linked.input.fold, &linked.claimed);
    let of = |c: &Claimed| &fold.held()[c.record as usize];
    let texts = |text: &dyn Fn(&Claimed) -> Option<String>| -> ArrayRef {
        Arc::new(claimed.iter().map(text).collect::<StringArray>())
    };
    let evidence = |text: &dyn Fn(&Evidence) -> Option<String>| -> ArrayRef {
        Arc::new(claimed.iter().map(|c| c.evidence.as_ref().and_then(text)).collect::<StringArray>())
    };
    let dispo = |c: &Claimed| of(c).state.dispo.map(|dispo| fold.words().dispo.text(dispo).to_owned());
    let uuid = |lead: u32| linked.details.uuid(lead).to_owned();
    let number = |record: u32| fold.held()[record as usize].number().map(str::to_owned);
    let known = |time: i64| (time != UNKNOWN).then_some(time);
    let delivered = claimed.iter().map(|c| known(linked.leads.delivered(c.lead)));
    let delivered = delivered.collect::<TimestampMicrosecondArray>().with_timezone("UTC");
    let count = |c: &Claimed| c.evidence.as_ref().map_or(0, |evidence| evidence.count as i64);
    let at = claimed.iter().map(|c| c.evidence.as_ref().and_then(|evidence| evidence.at));
    let DataType::Decimal128(precision, scale) = rows::PRICE else { return Err(LinkError::Schema("price")) };
    let price = claimed.iter().map(|c| c.price).collect::<Decimal128Array>();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(BinaryArray::from_iter_values(claimed.iter().map(|c| of(c).key.0))),
        texts(&|_| Some(fold.settings().id.0.clone())),
        texts(&|c| of(c).number().map(str::to_owned)),
        Arc::new(BinaryArray::from_iter_values(claimed.iter().map(|c| linked.leads.key(c.lead).0))),
        texts(&|c| Some(uuid(c.lead))),
        texts(&dispo),
        texts(&|c| Some(c.claim.name().to_owned())),
        texts(&|c| Some(c.verdict.name().to_owned())),
        evidence(&|e| Some(e.kind.to_owned())),
        Arc::new(Int64Array::from_iter_values(claimed.iter().map(count))),
        evidence(&|e| e.lead.map(uuid)),
        evidence(&|e| e.record.and_then(number)),
        Arc::new(at.collect::<TimestampMicrosecondArray>()),
        evidence(&|e| e.shared_by.map(str::to_owned)),
        Arc::new(delivered),
        Arc::new(claimed.iter().map(|c| of(c).state.entry_date).collect::<Date32Array>()),
        texts(&|c| c.zip.as_deref().map(str::to_owned)),
        Arc::new(price.with_precision_and_scale(precision, scale)?),
    ];
    Ok(RecordBatch::try_new(Table::Claim.schema(&[]), columns)?)
}
