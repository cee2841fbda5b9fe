//! Ids as places in dense arrays: four bytes instead of sixteen, and no look-up behind them.

use std::hash::Hash;

use rustc_hash::FxHashMap;

/// The place of something in its array.
pub(super) type Place = u32;

/// Two places as one key.
pub(super) fn pair(first: Place, second: Place) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

/// Things with an id, each in its place for good: a cell, which is read to judge, and lists, which are read to list.
/// They lie apart, so that cells stay close together.
#[derive(Debug)]
pub(super) struct Interned<I, C, L = ()> {
    places: FxHashMap<I, Place>,
    ids: Vec<I>,
    cells: Vec<C>,
    lists: Vec<L>,
}

impl<I, C, L> Default for Interned<I, C, L> {
    fn default() -> Self {
        Self { places: FxHashMap::default(), ids: Vec::new(), cells: Vec::new(), lists: Vec::new() }
    }
}

impl<I: Copy + Eq + Hash, C: Default, L: Default> Interned<I, C, L> {
    pub(super) fn place(&self, id: I) -> Option<Place> {
        self.places.get(&id).copied()
    }

    pub(super) fn at(&self, place: Place) -> Option<&C> {
        self.cells.get(place as usize)
    }

    pub(super) fn at_mut(&mut self, place: Place) -> Option<&mut C> {
        self.cells.get_mut(place as usize)
    }

    pub(super) fn get(&self, id: I) -> Option<&C> {
        self.at(self.place(id)?)
    }

    pub(super) fn id(&self, place: Place) -> Option<I> {
        self.ids.get(place as usize).copied()
    }

    /// The place of an id; a new one gets an empty cell.
    pub(super) fn intern(&mut self, id: I) -> Place {
        if let Some(place) = self.place(id) {
            return place;
        }
        let place = Place::try_from(self.ids.len()).unwrap_or(Place::MAX);
        self.places.insert(id, place);
        self.ids.push(id);
        self.cells.push(C::default());
        self.lists.push(L::default());
        place
    }

    /// The cell of an id, which may be empty still.
    pub(super) fn entry(&mut self, id: I) -> (Place, Option<&mut C>) {
        let place = self.intern(id);
        (place, self.at_mut(place))
    }

    pub(super) fn lists(&self, id: I) -> Option<&L> {
        self.lists_at(self.place(id)?)
    }

    pub(super) fn lists_at(&self, place: Place) -> Option<&L> {
        self.lists.get(place as usize)
    }

    /// Changes the lists of a place.
    pub(super) fn list<T: Default>(&mut self, place: Place, change: impl FnOnce(&mut L) -> T) -> T {
        self.lists.get_mut(place as usize).map(change).unwrap_or_default()
    }

    /// A part of a list that is in the order of the ids.
    pub(super) fn page(&self, places: &[Place], after: Option<I>, limit: usize) -> Vec<I>
    where
        I: Ord,
    {
        let start = places.partition_point(|place| after.is_some() && self.id(*place) <= after);
        places.iter().skip(start).take(limit).filter_map(|place| self.id(*place)).collect()
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &C> {
        self.cells.iter()
    }
}
