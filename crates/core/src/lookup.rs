//! Values found by a key, for tables that are asked a million times.

// The order of a hash map differs from run to run, so that nothing here can go through the entries.
#![expect(clippy::disallowed_types, reason = "nothing goes through the entries")]

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// A map that can be asked and filled, and never gone through.
#[derive(Clone, Debug)]
pub(crate) struct Lookup<K, V>(HashMap<K, V>);

impl<K, V> Default for Lookup<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq, V> Lookup<K, V> {
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }

    pub fn contains<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    /// Sets the value of `key`, whatever it was before.
    pub fn set(&mut self, key: K, value: V) {
        self.0.insert(key, value);
    }

    /// Sets the value of `key` unless it has one.
    pub fn set_first(&mut self, key: K, value: V) {
        self.0.entry(key).or_insert(value);
    }
}
