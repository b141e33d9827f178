//! What is done to files once they are in: nothing, moved, deleted.

use std::sync::atomic::Ordering;

use leadq_contract::config::After;

use super::fake::*;
use crate::sync::{DropRules, LeftCause, SeenState};

const OLD: i64 = START - 3600 * SECOND;

fn after(after: After) -> DropRules {
    DropRules { after, marker: Some(".done".to_owned()), ..rules(60) }
}

fn world() -> std::sync::Arc<World> {
    World::new([
        ("a.csv", FakeFile::new("alpha", OLD)),
        ("a.csv.done", FakeFile::new("", OLD)),
        ("sub/b.csv", FakeFile::new("beta", OLD)),
    ])
}

#[tokio::test]
async fn files_are_deleted_or_moved_with_their_markers() {
    let cases = [
        (After::Keep, vec!["a.csv", "a.csv.done", "sub/b.csv"]),
        (After::Delete, vec![]),
        (After::Move("taken".to_owned()), vec!["taken/a.csv", "taken/a.csv.done", "taken/sub/b.csv"]),
    ];
    for (action, names) in cases {
        let world = world();
        let (synced, seen) = world.sync(&after(action.clone()), &SeenState::default()).await;
        assert_eq!((synced.received.len(), synced.uncleared.len()), (2, 0), "{action:?}");
        assert_eq!(world.names(), names, "{action:?}");
        let (again, _) = world.sync(&after(action), &seen).await;
        assert_eq!((again.received.len(), again.left.len()), (0, 0), "what was moved is not taken again");
    }
}

#[tokio::test]
async fn what_cannot_be_deleted_is_told_and_deleted_later() {
    let world = world();
    *world.may_delete.lock().unwrap() = false;
    let (synced, seen) = world.sync(&after(After::Delete), &SeenState::default()).await;
    assert_eq!((synced.received.len(), synced.left.len(), synced.uncleared.len()), (2, 0, 2));
    assert!(synced.uncleared.iter().all(|left| left.cause == LeftCause::Uncleared));
    assert!(
        synced.uncleared[0].reason.contains("cannot be deleted")
            && synced.uncleared[0].advice.contains("keep")
    );
    *world.may_delete.lock().unwrap() = true;
    let (later, _) = world.sync(&after(After::Delete), &seen).await;
    assert_eq!((later.received.len(), later.unchanged, later.uncleared.len()), (0, 2, 0));
    assert!(world.names().is_empty());
    assert_eq!(world.reads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_file_that_may_have_been_written_since_is_read_again_before_it_is_deleted() {
    for modified in [START, START + 999 * SECOND] {
        let world = World::new([("a.csv", FakeFile::new("alpha", modified))]);
        let rules = DropRules { after: After::Delete, ..rules(0) };
        let (_, seen) = world.sync(&rules, &SeenState::default()).await;
        assert_eq!(world.names(), ["a.csv"]);
        world.pass(3600);
        world.files.lock().unwrap().get_mut("a.csv").unwrap().content = b"gamma".to_vec();
        let (changed, seen) = world.sync(&rules, &seen).await;
        assert_eq!(changed.received.len(), 1, "written in the same tick of the clock");
        world.pass(3600);
        let (_, _) = world.sync(&rules, &seen).await;
        assert_eq!((world.names().len(), world.archived("a.csv").unwrap()), (0, b"gamma".to_vec()));
    }
}

#[tokio::test]
async fn a_file_that_was_replaced_meanwhile_is_not_deleted() {
    let world = World::new([("a.csv", FakeFile::new("alpha", OLD)), ("b.csv", FakeFile::new("beta", OLD))]);
    let rules = DropRules { after: After::Delete, ..rules(60) };
    // It is known, and another one comes between the listing and the deletion: the waiting for b.csv is between them.
    let keep = DropRules { after: After::Keep, ..rules.clone() };
    let (_, seen) = world.sync(&keep, &SeenState::default()).await;
    world.put("a.csv", FakeFile::new("another one", START));
    let (synced, _) = world.sync(&rules, &seen).await;
    assert_eq!(synced.received.len(), 1);
    assert_eq!(world.archived("a.csv").unwrap(), b"another one");
    assert!(world.names().is_empty(), "both are in: {:?}", world.names());
}
