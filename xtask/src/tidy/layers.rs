//! Who may depend on whom: contract <- rooms <- pipeline <- edges <- cli, and third parties only where they belong.

use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Violation;
use super::tree::Tree;

/// A package of the workspace.
#[derive(Debug, Clone)]
pub(super) struct Member {
    name: String,
    /// Its manifest, from the root.
    manifest: String,
    dependencies: Vec<Dependency>,
}

/// A dependency of a package.
#[derive(Debug, Clone)]
struct Dependency {
    name: String,
    /// For tests only.
    dev: bool,
}

/// Where a package stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Contract,
    Room,
    Pipeline,
    /// What people look at, as bytes: an edge may serve it.
    Page,
    Edge,
    Cli,
    /// Beside the house.
    Chores,
}

/// All packages of the house; a new one finds its place here first.
const LAYERS: [(&str, Layer); 15] = [
    ("leadq-contract", Layer::Contract),
    ("leadq-ingest", Layer::Room),
    ("leadq-matching", Layer::Room),
    ("leadq-metrics", Layer::Room),
    ("leadq-pipeline", Layer::Pipeline),
    ("leadq-report", Layer::Page),
    ("leadq-lake", Layer::Edge),
    ("leadq-engine", Layer::Edge),
    ("leadq-archive", Layer::Edge),
    ("leadq-drops", Layer::Edge),
    ("leadq-sftp", Layer::Edge),
    ("leadq-watch", Layer::Edge),
    ("leadq-web", Layer::Edge),
    ("leadq-cli", Layer::Cli),
    ("xtask", Layer::Chores),
];

/// What the contract and the rooms keep away from, and why.
const NOT_IN_ROOMS: [(&str, &str); 5] = [
    ("datafusion", "rooms describe, the engine executes"),
    ("deltalake", "rooms do not know how tables are stored"),
    ("object_store", "rooms get bytes, not places"),
    ("tokio", "rooms are pure functions and wait for nothing"),
    ("reqwest", "rooms have no network"),
];

/// What only one package depends on, and why.
const ONLY_IN: [(&str, &str, &str); 2] = [
    ("deltalake", "leadq-lake", "the table format can be replaced in one place"),
    ("datafusion", "leadq-engine", "the engine can be replaced in one place"),
];

/// The packages of the workspace at `root`, as cargo sees them.
pub(super) fn members(root: &Path) -> Result<Vec<Member>, cargo_metadata::Error> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec()?;
    let members = metadata.packages.iter().map(|package| {
        let dependencies = package.dependencies.iter().map(|dependency| Dependency {
            name: dependency.name.clone(),
            dev: dependency.kind == DependencyKind::Development,
        });
        let manifest = package.manifest_path.strip_prefix(&metadata.workspace_root);
        Member {
            name: package.name.to_string(),
            manifest: manifest.unwrap_or(&package.manifest_path).as_str().replace('\\', "/"),
            dependencies: dependencies.collect(),
        }
    });
    Ok(members.collect())
}

/// Where a package stands, if it is one of the house.
fn layer(name: &str) -> Option<Layer> {
    LAYERS.iter().find(|(known, _)| *known == name).map(|(_, layer)| *layer)
}

/// Every package of the workspace has its place.
pub(super) fn known(members: &[Member]) -> Vec<Violation> {
    let unknown = members.iter().filter(|member| layer(&member.name).is_none());
    unknown
        .map(|member| {
            let what = format!("nobody knows where {} stands", member.name);
            Violation::new(&member.manifest, 1, what, "give it a place in LAYERS of xtask/src/tidy/layers.rs")
        })
        .collect()
}

/// Dependencies between packages go downwards; those for tests may go further, but not between rooms.
pub(super) fn between_members(tree: &Tree, members: &[Member]) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in members {
        for dependency in &member.dependencies {
            let Some((from, to)) = layer(&member.name).zip(layer(&dependency.name)) else { continue };
            if let Some(reason) = forbidden(from, to, dependency.dev) {
                let remedy = format!("{reason} (ARCHITECTURE.md)");
                found.push(violation(tree, member, dependency, &remedy));
            }
        }
    }
    found
}

/// Why a package of one layer may not depend on a package of another; `None` when it may.
fn forbidden(from: Layer, to: Layer, dev: bool) -> Option<&'static str> {
    match (from, to) {
        (Layer::Room, Layer::Room) => Some("let a type of leadq-contract travel between rooms"),
        _ if dev => None,
        (Layer::Chores, _) | (_, Layer::Chores) => Some("keep the chores beside the house"),
        (Layer::Contract, _) => Some("move what the contract needs into it"),
        (_, Layer::Edge) if from != Layer::Cli => {
            Some("define a port in leadq-pipeline; only leadq-cli names edges")
        }
        _ if from <= to => Some("turn the dependency round: contract <- rooms <- pipeline <- edges <- cli"),
        _ => None,
    }
}

/// Third parties stay where they belong.
pub(super) fn to_third_parties(tree: &Tree, members: &[Member]) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in members {
        let in_room = layer(&member.name).is_some_and(|layer| layer <= Layer::Room);
        for dependency in member.dependencies.iter().filter(|dependency| !dependency.dev) {
            let banned = NOT_IN_ROOMS.iter().find(|(name, _)| in_room && *name == dependency.name);
            let owned =
                ONLY_IN.iter().find(|(name, owner, _)| *name == dependency.name && *owner != member.name);
            let remedy = match (banned, owned) {
                (Some((_, reason)), _) => format!("move what needs it to an edge: {reason}"),
                (None, Some((_, owner, reason))) => format!("move what needs it to {owner}: {reason}"),
                (None, None) => continue,
            };
            found.push(violation(tree, member, dependency, &remedy));
        }
    }
    found
}

/// A dependency that should not be, with the line of the manifest that names it.
fn violation(tree: &Tree, member: &Member, dependency: &Dependency, remedy: &str) -> Violation {
    let names = |line: &str| {
        let rest = line.trim_start().strip_prefix(&dependency.name);
        rest.is_some_and(|rest| rest.starts_with([' ', '=', '.']))
    };
    let text = tree.text(&member.manifest).unwrap_or_default();
    let line = text.lines().position(names).map_or(1, |index| index + 1);
    Violation::new(&member.manifest, line, format!("{} depends on {}", member.name, dependency.name), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, dependency: &str, dev: bool) -> Vec<Member> {
        let dependencies = vec![Dependency { name: dependency.to_owned(), dev }];
        vec![Member { name: name.to_owned(), manifest: "crates/x/Cargo.toml".to_owned(), dependencies }]
    }

    #[test]
    fn a_package_without_a_place_is_found() {
        assert_eq!(known(&member("leadq-attic", "serde", false)).len(), 1);
        assert_eq!(known(&member("leadq-lake", "serde", false)).len(), 0);
    }

    #[test]
    fn dependencies_between_packages() {
        let cases = [
            ("leadq-ingest", "leadq-contract", false, true),
            ("leadq-ingest", "leadq-matching", false, false),
            ("leadq-ingest", "leadq-matching", true, false),
            ("leadq-ingest", "leadq-pipeline", false, false),
            ("leadq-ingest", "leadq-pipeline", true, true),
            ("leadq-contract", "leadq-ingest", false, false),
            ("leadq-contract", "leadq-ingest", true, true),
            ("leadq-pipeline", "leadq-metrics", false, true),
            ("leadq-report", "leadq-metrics", false, true),
            ("leadq-report", "leadq-engine", false, false),
            ("leadq-web", "leadq-report", false, true),
            ("leadq-pipeline", "leadq-report", false, false),
            ("leadq-pipeline", "leadq-lake", false, false),
            ("leadq-pipeline", "leadq-lake", true, true),
            ("leadq-lake", "leadq-engine", false, false),
            ("leadq-engine", "leadq-pipeline", false, true),
            ("leadq-engine", "leadq-cli", false, false),
            ("leadq-cli", "leadq-lake", false, true),
            ("leadq-cli", "xtask", false, false),
            ("xtask", "leadq-contract", false, false),
        ];
        for (name, dependency, dev, fine) in cases {
            let found = between_members(&Tree::default(), &member(name, dependency, dev));
            assert_eq!(found.is_empty(), fine, "{name} -> {dependency}, dev: {dev}");
        }
    }

    #[test]
    fn third_parties_outside_their_place() {
        let cases = [
            ("leadq-ingest", "tokio", false, false),
            ("leadq-ingest", "tokio", true, true),
            ("leadq-contract", "reqwest", false, false),
            ("leadq-lake", "tokio", false, true),
            ("leadq-lake", "datafusion", false, false),
            ("leadq-engine", "datafusion", false, true),
            ("leadq-cli", "deltalake", false, false),
            ("leadq-lake", "deltalake", false, true),
        ];
        for (name, dependency, dev, fine) in cases {
            let found = to_third_parties(&Tree::default(), &member(name, dependency, dev));
            assert_eq!(found.is_empty(), fine, "{name} -> {dependency}, dev: {dev}");
        }
    }

    #[test]
    fn the_line_of_the_manifest_is_named() {
        let tree = Tree::from([(
            "crates/x/Cargo.toml",
            "[dependencies]\ntokio-util = \"1\"\ntokio.workspace = true\n",
        )]);
        let found = to_third_parties(&tree, &member("leadq-ingest", "tokio", false));
        let expected = "crates/x/Cargo.toml:3: leadq-ingest depends on tokio; move what needs it to an edge: \
                        rooms are pure functions and wait for nothing";
        assert_eq!(found[0].to_string(), expected);
    }

    #[test]
    fn cargo_lists_this_very_package() {
        let members = members(crate::root()).unwrap();
        let this = members.iter().find(|member| member.name == "xtask").unwrap();
        assert_eq!(this.manifest, "xtask/Cargo.toml");
        assert!(this.dependencies.iter().any(|dependency| dependency.name == "cargo_metadata"));
    }
}
