//! The folders of a simulated disk: the names a reader sees, and those a power loss would leave.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path};
use std::sync::Arc;

use parking_lot::RwLock;

use super::contents::Contents;
use super::random::Random;
use crate::disk::DiskEntry;

/// Names a node of the tree.
type NodeId = usize;

/// The root folder.
const ROOT: NodeId = 0;

/// A file or a folder.
#[derive(Clone, Debug)]
enum Node {
    File(Arc<RwLock<Contents>>),
    Folder(Folder),
}

/// The names in a folder.
#[derive(Clone, Debug, Default)]
struct Folder {
    live: BTreeMap<String, NodeId>,
    durable: BTreeMap<String, NodeId>,
    /// What happened since the last sync.
    changes: Vec<Change>,
    /// The nodes that lost their name since: a power loss may bring them back until the next sync.
    nameless: Vec<NodeId>,
}

/// A change of names that is not synced.
#[derive(Clone, Debug)]
enum Change {
    Add(String, NodeId),
    Rename { from: String, to: String, node: NodeId },
    Remove(String),
}

/// All folders and files.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    pub(super) fn new() -> Self {
        Tree { nodes: vec![Node::Folder(Folder::default())] }
    }

    /// Returns the size of all files.
    pub(super) fn bytes(&self) -> u64 {
        let len = |node: &Node| match node {
            Node::File(contents) => contents.read().len(),
            Node::Folder(_) => 0,
        };
        self.nodes.iter().map(len).sum()
    }

    pub(super) fn file(&self, path: &Path) -> io::Result<Arc<RwLock<Contents>>> {
        match &self.nodes[self.find(path)?] {
            Node::File(contents) => Ok(Arc::clone(contents)),
            Node::Folder(_) => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    pub(super) fn create(&mut self, path: &Path) -> io::Result<Arc<RwLock<Contents>>> {
        if let Ok(contents) = self.file(path) {
            return Ok(contents);
        }
        let contents: Arc<RwLock<Contents>> = Arc::default();
        self.add(path, Node::File(Arc::clone(&contents)))?;
        Ok(contents)
    }

    pub(super) fn create_folder(&mut self, path: &Path) -> io::Result<()> {
        if self.find(path).is_ok() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.create_folder(parent)?;
        }
        self.add(path, Node::Folder(Folder::default()))
    }

    /// Renames a file or folder and returns the size of the file whose name it took.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<u64> {
        if from.parent() != to.parent() {
            return Err(io::ErrorKind::CrossesDevices.into());
        }
        let node = self.find(from)?;
        let freed = self.file(to).map_or(0, |replaced| replaced.read().len());
        let ((parent, from), (_, to)) = (name(from)?, name(to)?);
        let folder = self.folder(&parent)?;
        folder.live.remove(&from);
        let replaced = folder.live.insert(to.clone(), node);
        folder.nameless.extend(replaced);
        folder.changes.push(Change::Rename { from, to, node });
        Ok(freed)
    }

    /// Removes a file and returns its size.
    pub(super) fn remove(&mut self, path: &Path) -> io::Result<u64> {
        let len = self.file(path)?.read().len();
        self.unlink(path)?;
        Ok(len)
    }

    /// Removes a folder with all in it and returns the size of its files.
    pub(super) fn remove_folder(&mut self, path: &Path) -> io::Result<u64> {
        let mut freed = 0;
        for entry in self.list(path)? {
            let child = path.join(entry.name);
            freed +=
                if entry.is_folder { self.remove_folder(&child)? } else { self.remove(&child)? };
        }
        self.unlink(path)?;
        Ok(freed)
    }

    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<DiskEntry>> {
        let Node::Folder(folder) = &self.nodes[self.find(path)?] else {
            return Err(io::ErrorKind::NotADirectory.into());
        };
        let entry = |(name, node): (&String, &NodeId)| DiskEntry {
            name: name.clone(),
            is_folder: matches!(self.nodes[*node], Node::Folder(_)),
        };
        Ok(folder.live.iter().map(entry).collect())
    }

    pub(super) fn sync(&mut self, path: &Path) -> io::Result<()> {
        let folder = self.folder(path)?;
        for change in folder.changes.drain(..) {
            change.apply(&mut folder.durable);
        }
        for node in std::mem::take(&mut folder.nameless) {
            self.nodes[node] = Node::File(Arc::default());
        }
        Ok(())
    }

    /// Returns the tree that may be found after a power loss.
    pub(super) fn after_power_loss(&self, random: &mut Random, reorders: bool) -> Tree {
        let nodes = self.nodes.iter().map(|node| match node {
            Node::File(contents) => {
                let contents = contents.read().after_power_loss(random, reorders);
                Node::File(Arc::new(RwLock::new(contents)))
            }
            Node::Folder(folder) => Node::Folder(folder.after_power_loss(random, reorders)),
        });
        Tree { nodes: nodes.collect() }
    }

    /// Returns a copy that shares nothing with this tree.
    pub(super) fn after_kill(&self) -> Tree {
        let nodes = self.nodes.iter().map(|node| match node {
            Node::File(contents) => Node::File(Arc::new(RwLock::new(contents.read().clone()))),
            Node::Folder(folder) => Node::Folder(folder.clone()),
        });
        Tree { nodes: nodes.collect() }
    }

    /// Returns the file of this copy that is `contents` in the tree it was copied from.
    pub(super) fn twin(
        &self,
        original: &Tree,
        contents: &Arc<RwLock<Contents>>,
    ) -> Option<Arc<RwLock<Contents>>> {
        let is_it = |node: &Node| matches!(node, Node::File(file) if Arc::ptr_eq(file, contents));
        let place = original.nodes.iter().rposition(is_it)?;
        match &self.nodes[place] {
            Node::File(twin) => Some(Arc::clone(twin)),
            Node::Folder(_) => None,
        }
    }

    fn find(&self, path: &Path) -> io::Result<NodeId> {
        let mut node = ROOT;
        for component in path.components() {
            let Component::Normal(part) = component else { continue };
            let Node::Folder(folder) = &self.nodes[node] else {
                return Err(io::ErrorKind::NotADirectory.into());
            };
            let child = part.to_str().and_then(|part| folder.live.get(part));
            node = *child.ok_or(io::ErrorKind::NotFound)?;
        }
        Ok(node)
    }

    fn folder(&mut self, path: &Path) -> io::Result<&mut Folder> {
        let node = self.find(path)?;
        match &mut self.nodes[node] {
            Node::Folder(folder) => Ok(folder),
            Node::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    fn add(&mut self, path: &Path, node: Node) -> io::Result<()> {
        let (parent, name) = name(path)?;
        self.folder(&parent)?;
        let id = self.nodes.len();
        self.nodes.push(node);
        let folder = self.folder(&parent)?;
        folder.live.insert(name.clone(), id);
        folder.changes.push(Change::Add(name, id));
        Ok(())
    }

    fn unlink(&mut self, path: &Path) -> io::Result<()> {
        let (parent, name) = name(path)?;
        let folder = self.folder(&parent)?;
        let node = folder.live.remove(&name);
        folder.nameless.extend(node);
        folder.changes.push(Change::Remove(name));
        Ok(())
    }
}

impl Folder {
    /// Returns the folder with none, the first, or any of the changes since the last sync.
    fn after_power_loss(&self, random: &mut Random, reorders: bool) -> Folder {
        let mut names = self.durable.clone();
        let kept = random.up_to(self.changes.len());
        for (number, change) in self.changes.iter().enumerate() {
            let is_kept = if reorders { random.coin() } else { number < kept };
            if is_kept {
                change.apply(&mut names);
            }
        }
        Folder { live: names.clone(), durable: names, ..Folder::default() }
    }
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<String, NodeId>) {
        match self {
            Change::Add(name, node) => {
                names.insert(name.clone(), *node);
            }
            Change::Rename { from, to, node } => {
                if names.get(from) == Some(node) {
                    names.remove(from);
                }
                names.insert(to.clone(), *node);
            }
            Change::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

/// Splits a path into its folder and its name.
fn name(path: &Path) -> io::Result<(std::path::PathBuf, String)> {
    let name =
        path.file_name().and_then(|name| name.to_str()).ok_or(io::ErrorKind::InvalidInput)?;
    let parent = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    Ok((parent.to_path_buf(), name.to_owned()))
}
