//! A map whose latest changes can be taken back until they are kept, as a store takes back what it does not commit.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

#[derive(Debug)]
pub(crate) struct Staged<K, V> {
    kept: HashMap<K, V>,
    /// On top of what is kept; nothing stands for what was removed.
    latest: HashMap<K, Option<V>>,
}

impl<K: Hash + Eq, V: Copy> Staged<K, V> {
    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        match self.latest.get(key) {
            Some(latest) => *latest,
            None => self.kept.get(key).copied(),
        }
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.latest.insert(key, Some(value));
    }

    pub(crate) fn remove(&mut self, key: K) {
        self.latest.insert(key, None);
    }

    pub(crate) fn keep(&mut self) {
        for (key, value) in self.latest.drain() {
            match value {
                Some(value) => self.kept.insert(key, value),
                None => self.kept.remove(&key),
            };
        }
    }

    pub(crate) fn take_back(&mut self) {
        self.latest.clear();
    }

    /// What is kept.
    pub(crate) fn values(&self) -> impl Iterator<Item = V> {
        self.kept.values().copied()
    }
}

impl<K, V> Default for Staged<K, V> {
    fn default() -> Self {
        Self { kept: HashMap::new(), latest: HashMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_can_be_taken_back() {
        let mut map = Staged::default();
        map.insert("kept", 1);
        map.insert("removed", 2);
        map.keep();
        map.insert("kept", 3);
        map.remove("removed");
        map.insert("new", 4);
        assert_eq!([map.get("kept"), map.get("removed"), map.get("new")], [Some(3), None, Some(4)]);
        map.take_back();
        assert_eq!([map.get("kept"), map.get("removed"), map.get("new")], [Some(1), Some(2), None]);
    }
}
