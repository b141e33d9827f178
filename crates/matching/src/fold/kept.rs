//! What is kept of a fold from run to run, and a person taken out of it.

use hashbrown::{DefaultHashBuilder, HashTable};
use leadq_contract::{ClientSettings, IdentifierKey, SurrogateKey};
use serde::{Deserialize, Serialize};

use super::identities::Identities;
use super::known::Known;
use super::record::{NaturalKey, Origin, Record};
use super::{ClientFold, FoldError, SnapshotMeta, Texts, hash_of};
use crate::health::ColumnHealth;

/// What is kept of a fold from run to run; the rest follows from it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) texts: Texts,
    pub(super) records: Vec<Record>,
    pub(super) identities: Identities,
    /// Versions that took back a `set`: the record, and where the version began.
    pub(super) unset: Vec<(u32, Origin)>,
    /// First and last day that any version speaks of.
    pub(super) days: Option<(i32, i32)>,
    pub(super) health: ColumnHealth,
    pub(super) snapshots: Vec<SnapshotMeta>,
}

impl ClientFold {
    /// The fold as bytes, to go on from in a later run. Their layout is that of this version of leadq.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FoldError> {
        Ok(postcard::to_stdvec(&self.kept)?)
    }

    /// A fold from the bytes that [`Self::to_bytes`] gave.
    ///
    /// # Errors
    /// If they are of another layout or damaged.
    pub fn from_bytes(client: &ClientSettings, bytes: &[u8]) -> Result<Self, FoldError> {
        Ok(Self::of(client, postcard::from_bytes(bytes)?))
    }

    pub(super) fn of(client: &ClientSettings, kept: Kept) -> Self {
        let mut fold = Self {
            client: client.clone(),
            outcomes: kept.texts.dispo.texts().map(|text| client.vocabulary.outcome(text)).collect(),
            index: HashTable::with_capacity(kept.records.len()),
            hasher: DefaultHashBuilder::default(),
            kept,
            known: Known::default(),
        };
        let (records, hasher) = (&fold.kept.records, &fold.hasher);
        let hash_of = |place: &u32| hash_of(hasher, &records[*place as usize].natural);
        for place in 0..records.len() as u32 {
            fold.index.insert_unique(hash_of(&place), place, hash_of);
        }
        fold
    }

    /// Takes out every record that ever carried one of these identifiers, as if it had never been seen; the keys of
    /// those taken out. Texts and counts of snapshots stay: they are of no person.
    pub fn forget(&mut self, is_forgotten: impl Fn(&IdentifierKey) -> bool) -> Vec<SurrogateKey> {
        let of_pair = |(email, phone): (Option<IdentifierKey>, Option<IdentifierKey>)| {
            email.iter().chain(&phone).any(&is_forgotten)
        };
        let mut places: Vec<Option<u32>> = Vec::with_capacity(self.kept.records.len());
        let (mut kept, mut gone) = (Vec::new(), Vec::new());
        for (place, record) in std::mem::take(&mut self.kept.records).into_iter().enumerate() {
            let by_identity = match &record.natural {
                NaturalKey::Identity(identity) => of_pair((identity.0, identity.1)),
                NaturalKey::Number(_) => false,
            };
            let forgotten = by_identity
                || of_pair((record.state.email, record.state.phone))
                || self.kept.identities.past(place as u32).any(|(pair, _)| of_pair(pair));
            if forgotten {
                gone.push(record.key);
                places.push(None);
            } else {
                places.push(Some(kept.len() as u32));
                kept.push(record);
            }
        }
        let now = |place: u32| places.get(place as usize).copied().flatten();
        let unset = std::mem::take(&mut self.kept.unset);
        let kept = Kept {
            records: kept,
            identities: self.kept.identities.renumbered(now, |pair| !of_pair(pair)),
            unset: unset.into_iter().filter_map(|(place, origin)| Some((now(place)?, origin))).collect(),
            ..self.kept.clone()
        };
        *self = Self::of(&self.client, kept);
        gone
    }
}
