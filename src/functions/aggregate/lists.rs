//! What the functions that return an ARRAY share: how results are collected, and a list of cells that knows its size.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, ListArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{DataType, Field};
use hashbrown::HashTable;

use crate::functions::FunctionError;
use crate::functions::aggregate::StateError;
use crate::functions::aggregate::bytes::{put_count, take_count};
use crate::functions::aggregate::cell::{Cell, load_option, save_option};
use crate::types::{SqlType, Value};

/// The most bytes that the values of one group may take: as many as a record holds by default (`max.message.bytes`), because
/// what is larger could not be written to the sink anyway.
pub(super) const STATE_BYTES_MAX: usize = 1 << 20;

/// The largest K of TOPK, and N of the functions BY_OFFSET.
const LENGTH_MAX: i32 = 10_000;

/// Returns a literal that says how many values a function keeps.
pub(super) fn length_of(literal: &Value, name: &str) -> Result<usize, FunctionError> {
    if let Value::Int(count) = literal
        && 0 < *count
        && *count <= LENGTH_MAX
    {
        return Ok(count.unsigned_abs() as usize);
    }
    let reason = format!("{name} must be 1 or greater, and {LENGTH_MAX} at most");
    Err(FunctionError::InvalidArgument(reason))
}

/// Arrays that are being collected.
pub(super) struct ListResults<C: Cell> {
    elements: C::Builder,
    ends: Vec<i32>,
    valid: Vec<bool>,
}

impl<C: Cell> ListResults<C> {
    /// Begins with no array.
    pub(super) fn new(element: &SqlType, capacity: usize) -> Self {
        let mut ends = Vec::with_capacity(capacity + 1);
        ends.push(0);
        let elements = C::builder(element, capacity);
        ListResults { elements, ends, valid: Vec::with_capacity(capacity) }
    }

    /// Pushes an array; NULL if the column would get too long.
    pub(super) fn push<'c>(&mut self, cells: impl ExactSizeIterator<Item = Option<&'c C>>) {
        let end = self.ends[self.ends.len() - 1];
        let next = i32::try_from(cells.len()).ok().and_then(|count| end.checked_add(count));
        if next.is_some() {
            cells.for_each(|cell| C::push(cell.map(C::get_ref), &mut self.elements));
        }
        self.valid.push(next.is_some());
        self.ends.push(next.unwrap_or(end));
    }

    /// Returns the column.
    pub(super) fn finish(self, element: &SqlType) -> ArrayRef {
        let elements = C::finish(self.elements, element);
        let field = Arc::new(Field::new("item", element.arrow(), true));
        debug_assert_eq!(
            SqlType::array(element.clone()).arrow(),
            DataType::List(Arc::clone(&field))
        );
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        let nulls = self.valid.contains(&false).then(|| NullBuffer::from(self.valid));
        Arc::new(ListArray::new(field, ends, elements, nulls))
    }
}

/// Cells in order, which may be NULL, no larger in all than [`STATE_BYTES_MAX`].
pub(super) struct CellList<C> {
    cells: Vec<Option<C>>,
    heap_size: usize,
}

impl<C> Default for CellList<C> {
    fn default() -> Self {
        CellList { cells: Vec::new(), heap_size: 0 }
    }
}

impl<C: Cell> CellList<C> {
    /// Returns the cells.
    pub(super) fn cells(&self) -> &[Option<C>] {
        &self.cells
    }

    /// Appends a cell; refuses it if the list gets too large.
    pub(super) fn push(&mut self, cell: Option<C>) -> Result<(), String> {
        let heap_size = self.heap_size + cell.as_ref().map_or(0, C::heap_size);
        if STATE_BYTES_MAX < heap_size + (self.cells.len() + 1) * size_of::<Option<C>>() {
            return Err(format!("the values of the group are larger than {STATE_BYTES_MAX} bytes"));
        }
        self.heap_size = heap_size;
        self.cells.push(cell);
        Ok(())
    }

    /// Removes a cell; those behind it move up.
    pub(super) fn remove(&mut self, index: usize) {
        let cell = self.cells.remove(index);
        self.heap_size -= cell.as_ref().map_or(0, C::heap_size);
    }

    /// Returns how many bytes it holds outside itself.
    pub(super) fn heap_size(&self) -> usize {
        self.cells.capacity() * size_of::<Option<C>>() + self.heap_size
    }

    /// Appends the list to `out`.
    pub(super) fn save(&self, out: &mut Vec<u8>) {
        put_count(self.cells.len(), out);
        self.cells.iter().for_each(|cell| save_option(cell, out));
    }

    /// Takes a list off the front of `bytes`.
    pub(super) fn load(sql_type: &SqlType, bytes: &mut &[u8]) -> Result<Self, StateError> {
        let mut list = CellList::default();
        for _ in 0..take_count(bytes)? {
            let cell: Option<C> = load_option(sql_type, bytes)?;
            // A list that was saved under a larger limit is still taken whole.
            list.heap_size += cell.as_ref().map_or(0, C::heap_size);
            list.cells.push(cell);
        }
        Ok(list)
    }
}

/// How many cells are searched one by one before an index is worth its memory.
const UNINDEXED_MAX: usize = 8;

/// A list of cells that are all different, found by value.
pub(super) struct CellSet<C> {
    list: CellList<C>,
    /// Where cells stand in the list, by hash; empty while the list is short.
    index: HashTable<u32>,
}

impl<C> Default for CellSet<C> {
    fn default() -> Self {
        CellSet { list: CellList::default(), index: HashTable::new() }
    }
}

impl<C: Cell> CellSet<C> {
    /// Returns the cells in the order in which they were added.
    pub(super) fn cells(&self) -> &[Option<C>] {
        self.list.cells()
    }

    /// Finds a value, or NULL.
    pub(super) fn find(&self, value: Option<C::Ref<'_>>) -> Option<usize> {
        let cells = self.list.cells();
        if cells.len() <= UNINDEXED_MAX {
            return cells.iter().position(|cell| same(cell.as_ref(), value));
        }
        let hash = value.map_or(0, C::hash);
        let is_it = |place: &u32| same(cells[*place as usize].as_ref(), value);
        self.index.find(hash, is_it).map(|place| *place as usize)
    }

    /// Appends a value that is not there yet; refuses it if the set gets too large.
    pub(super) fn push(&mut self, value: Option<C::Ref<'_>>) -> Result<(), String> {
        self.list.push(value.map(C::own))?;
        self.index_last();
        Ok(())
    }

    fn index_last(&mut self) {
        let cells = self.list.cells();
        let first = match cells.len() {
            0..=UNINDEXED_MAX => return,
            count if count == UNINDEXED_MAX + 1 => 0,
            count => count - 1,
        };
        for place in first..cells.len() {
            let hash = |place: &u32| hash_of(cells[*place as usize].as_ref());
            // There are never 2^32 cells in one mebibyte.
            self.index.insert_unique(hash_of(cells[place].as_ref()), place as u32, hash);
        }
    }

    /// Removes a cell; those behind it move up.
    pub(super) fn remove(&mut self, index: usize) {
        self.list.remove(index);
        self.reindex();
    }

    fn reindex(&mut self) {
        self.index.clear();
        let cells = self.list.cells();
        if cells.len() <= UNINDEXED_MAX {
            return;
        }
        for (place, cell) in cells.iter().enumerate() {
            let hash = |place: &u32| hash_of(cells[*place as usize].as_ref());
            self.index.insert_unique(hash_of(cell.as_ref()), place as u32, hash);
        }
    }

    /// Returns how many bytes it holds outside itself.
    pub(super) fn heap_size(&self) -> usize {
        self.list.heap_size() + self.index.capacity() * (size_of::<u32>() + 1)
    }

    /// Appends the set to `out`.
    pub(super) fn save(&self, out: &mut Vec<u8>) {
        self.list.save(out);
    }

    /// Takes a set off the front of `bytes`.
    pub(super) fn load(sql_type: &SqlType, bytes: &mut &[u8]) -> Result<Self, StateError> {
        let list = CellList::load(sql_type, bytes)?;
        let mut set = CellSet { list, index: HashTable::new() };
        set.reindex();
        Ok(set)
    }
}

fn same<C: Cell>(cell: Option<&C>, value: Option<C::Ref<'_>>) -> bool {
    match (cell, value) {
        (None, None) => true,
        (Some(cell), Some(value)) => C::same(cell.get_ref(), value),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn hash_of<C: Cell>(cell: Option<&C>) -> u64 {
    cell.map_or(0, |cell| C::hash(cell.get_ref()))
}
