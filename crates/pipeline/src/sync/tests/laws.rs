//! Whatever the drops do: a file is wholly in, or told as not in; and never twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use leadq_contract::config::After;
use proptest::prelude::*;

use super::fake::*;
use crate::ports::{Clock, Fault};
use crate::sync::{DropRules, SeenState, Synced};

/// Times of files: as usual, and as odd ones are.
fn time() -> impl Strategy<Value = Option<i64>> {
    let near = (-5_i64..5).prop_map(|second| Some(START + second * SECOND));
    let odd = [i64::MIN, -1, 0, i64::MAX, START + 86_400 * 400 * SECOND].map(Some);
    prop_oneof![3 => Just(Some(START - 9_999 * SECOND)), 2 => near, 1 => proptest::sample::select(odd.to_vec()), 1 => Just(None)]
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let fault = || prop_oneof![Just(Fault::Transient), Just(Fault::Permanent)];
    prop_oneof![
        4 => Just(Trouble::None),
        1 => (fault(), 1_u32..9).prop_map(|(fault, times)| Trouble::Unopened(fault, times)),
        1 => (fault(), 1_u32..9).prop_map(|(fault, times)| Trouble::Cut(fault, times)),
        1 => Just(Trouble::EndsEarly),
        1 => prop_oneof![Just(-2_i64), Just(2)].prop_map(Trouble::Lies),
        1 => Just(Trouble::Grows),
        1 => Just(Trouble::Swapped),
        1 => Just(Trouble::Vanishes),
    ]
}

fn file() -> impl Strategy<Value = FakeFile> {
    ("[a-c]{0,14}", time(), trouble(), any::<bool>(), proptest::option::of("[xy]")).prop_map(
        |(content, modified, trouble, tells_size, tag)| {
            let version = tag.map(|tag| format!("{tag}{content}"));
            // A size that is a lie below nothing is none.
            let trouble =
                if content.len() < 2 && trouble == Trouble::Lies(2) { Trouble::None } else { trouble };
            FakeFile { version, trouble, tells_size, modified, ..FakeFile::new(&content, 0) }
        },
    )
}

fn files() -> impl Strategy<Value = BTreeMap<String, FakeFile>> {
    proptest::collection::btree_map("[a-e]\\.csv", file(), 0..5)
}

fn any_rules() -> impl Strategy<Value = DropRules> {
    let after = prop_oneof![Just(After::Keep), Just(After::Delete), Just(After::Move("taken".to_owned()))];
    (prop_oneof![Just(0_u64), Just(60), Just(7_200)], after, 1_usize..4)
        .prop_map(|(settle, after, parallel)| DropRules { after, parallel, ..rules(settle) })
}

/// Every content that each file has had, whole.
type Versions = BTreeMap<String, BTreeSet<Vec<u8>>>;

fn remember(versions: &mut Versions, world: &World) {
    for (name, file) in &*world.files.lock().unwrap() {
        versions.entry(name.clone()).or_default().insert(file.content.clone());
    }
}

/// Puts a file there, never with the time of one that was there before: nobody could tell them apart.
fn put(world: &World, batch: usize, name: &str, mut file: FakeFile) {
    let near = |time: i64| (time.saturating_sub(START)).saturating_abs() < 60 * SECOND;
    let later = i64::try_from(batch).unwrap() * SECOND;
    let shifted = |time: i64| time.saturating_add(if near(time) { world.now() - START } else { later });
    file.modified = file.modified.map(shifted);
    world.put(name, file);
}

/// A file that was there is in the archive as it is now, or it is told.
fn is_in_or_told(world: &World, before: &BTreeSet<String>, synced: &Synced) {
    let told: BTreeSet<_> = synced.left.iter().map(|left| left.name.clone()).collect();
    for name in before.difference(&told).filter(|name| !name.starts_with("taken/")) {
        let archived = world.archived(name);
        assert!(archived.is_some(), "{name} is neither in nor told");
        if let Some(file) = world.files.lock().unwrap().get(name) {
            assert_eq!(archived.as_ref(), Some(&file.content), "{name} is another one");
        }
    }
}

/// No entry is of half a file, none twice in a row unless it was confirmed.
fn entries_are_whole(world: &World, versions: &Versions, confirmed: usize) {
    let mut latest = BTreeMap::new();
    let mut repeated = 0;
    for entry in world.archive.entries() {
        let content = world.archive.content(&entry.content);
        assert!(versions[&entry.name].contains(&content), "{} is half a file: {content:?}", entry.name);
        assert_eq!(entry.bytes, content.len() as u64);
        repeated += usize::from(latest.insert(entry.name, entry.content.clone()) == Some(entry.content));
    }
    assert_eq!(repeated, confirmed, "something was received twice");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_file_is_wholly_in_or_told(
        batches in proptest::collection::vec(files(), 1..4),
        rules in any_rules(),
        hours in 1_i64..13,
        growth in proptest::option::of("[a-e]\\.csv"),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world: Arc<World> = World::new([]);
            let (mut seen, mut versions, mut confirmed) = (SeenState::default(), Versions::new(), 0);
            for (place, batch) in batches.into_iter().enumerate() {
                batch.into_iter().for_each(|(name, file)| put(&world, place, &name, file));
                if let Some(name) = growth.clone() {
                    world.after(world.slept() + 30, move |files| {
                        if let Some(file) = files.get_mut(&name) {
                            file.content.extend(b"++");
                            file.modified = file.modified.map(|time| time.saturating_add(SECOND));
                            file.version = file.version.take().map(|tag| format!("{tag}++"));
                        }
                    });
                }
                remember(&mut versions, &world);
                let before: BTreeSet<_> = world.names().into_iter().collect();
                let synced;
                (synced, seen) = world.sync(&rules, &seen).await;
                remember(&mut versions, &world);
                confirmed += synced.confirmed.len();
                is_in_or_told(&world, &before, &synced);
                entries_are_whole(&world, &versions, confirmed);
                world.pass(hours * 3600);
                remember(&mut versions, &world);
            }
            // Once all is well, everything gets in, and then nothing is new.
            world.files.lock().unwrap().values_mut().for_each(|file| file.trouble = Trouble::None);
            for _ in 0..2 {
                (_, seen) = world.sync(&rules, &seen).await;
                world.pass(7_200);
            }
            let (last, _) = world.sync(&rules, &seen).await;
            assert!(last.received.is_empty() && last.left.is_empty(), "{last:?}");
            for (name, file) in &*world.files.lock().unwrap() {
                match name.strip_prefix("taken/") {
                    None => assert_eq!(world.archived(name).as_ref(), Some(&file.content), "{name}"),
                    // A later one may have been received and have vanished before it was moved.
                    Some(name) => assert!(world.all_archived(name).contains(&file.content), "{name}"),
                }
            }
        });
    }
}
