//! Files that are read through once, and then record by record in another order.

use super::ahead::ahead;
use super::{open, DASH};
use anyhow::{bail, ensure, Context, Result};
use std::collections::btree_map::{BTreeMap, Entry};
use std::fs::File;
use std::io::{BufReader, Seek};
use std::iter;
use std::path::Path;
use tiebreak_core::schema::{Problem, Reader, Record};

/// A place is the file's number and, in so many lower bits, where the record's line begins.
const OFFSET_BITS: u32 = 48;
/// Far fewer than any system lets a process have open.
const MOST_OPEN: usize = 64;
/// What is read at a place: most records are shorter, and the next place is mostly far away.
const NEAR_BYTES: usize = 1024;

/// Files that stay as they are between the first reading and the second.
pub struct Revisited {
    sources: Vec<String>,
    open: BTreeMap<usize, BufReader<File>>,
}

impl Revisited {
    /// Refuses what cannot be read twice.
    pub fn new(sources: &[String]) -> Result<Self> {
        ensure!(sources.len() <= 1 << (u64::BITS - OFFSET_BITS), "these are more files than can be read");
        for source in sources {
            if source == DASH || !open(Path::new(source))?.metadata()?.is_file() {
                let name = if source == DASH { "standard input" } else { source };
                bail!("{name} can be read only once, and is needed twice; write it to a file first");
            }
        }
        Ok(Self { sources: sources.to_vec(), open: BTreeMap::new() })
    }

    /// Shows each record with its place, and what is wrong with the lines beside them.
    pub fn read_through<T: Record + Send + 'static>(
        &self,
        mut show: impl FnMut(Result<(T, u64), Problem>),
    ) -> Result<()> {
        for (number, source) in (0u64..).zip(&self.sources) {
            let mut reader = Reader::<_, T>::new(BufReader::new(open(Path::new(source))?), source);
            let placed = move || {
                let item = reader.next()?;
                let place = number << OFFSET_BITS | reader.offset();
                Some(item.map(|numbered| (numbered.record, place)))
            };
            ahead(|| iter::from_fn(placed)).for_each(&mut show);
        }
        Ok(())
    }

    /// The records at places that [`read_through`](Self::read_through) showed.
    pub fn read_each<T: Record + Send + 'static>(
        mut self,
        places: impl Iterator<Item = u64> + Send + 'static,
    ) -> impl Iterator<Item = Result<T>> {
        ahead(move || places.map(move |place| self.read_at(place)))
    }

    /// The record at one place.
    fn read_at<T: Record>(&mut self, place: u64) -> Result<T> {
        let number = (place >> OFFSET_BITS) as usize;
        let offset = place & ((1 << OFFSET_BITS) - 1);
        let source = &self.sources[number];
        if !self.open.contains_key(&number) && self.open.len() >= MOST_OPEN {
            self.open.clear();
        }
        let file = match self.open.entry(number) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert(BufReader::with_capacity(NEAR_BYTES, open(Path::new(source))?))
            }
        };
        let cannot = || format!("cannot read {source}");
        // A short way ahead what was read already is kept.
        let here = file.stream_position().with_context(cannot)?;
        file.seek_relative(offset.cast_signed() - here.cast_signed()).with_context(cannot)?;
        match Reader::new(file, source).next() {
            Some(Ok(numbered)) => Ok(numbered.record),
            _ => bail!("{source} was changed while it was read; run the command again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiebreak_core::schema::Weight;

    fn line(id: &str) -> String {
        format!("{{\"schema\":\"tiebreak/weight/1\",\"target\":\"{id}\",\"weight\":1.0}}\n")
    }

    #[test]
    fn records_of_many_files_are_found_again_in_any_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut sources = Vec::new();
        for number in 0..MOST_OPEN + 3 {
            let path = folder.path().join(format!("{number}.jsonl"));
            let text = ["", "\n", "no record\n"][number % 3].to_owned();
            std::fs::write(&path, text + &line(&format!("a{number}")) + &line(&format!("b{number}")))
                .unwrap();
            sources.push(path.display().to_string());
        }
        let mut files = Revisited::new(&sources).unwrap();
        let (mut found, mut n_problems) = (Vec::new(), 0);
        let show = |item: Result<(Weight, u64), Problem>| match item {
            Ok((weight, place)) => found.push((place, weight)),
            Err(_) => n_problems += 1,
        };
        files.read_through(show).unwrap();
        assert_eq!((found.len(), n_problems), (2 * sources.len(), sources.len() / 3));
        for step in [1, 5, 2 * sources.len() - 1] {
            for i in 0..found.len() {
                let (place, weight) = &found[i * step % found.len()];
                assert_eq!(files.read_at::<Weight>(*place).unwrap(), *weight);
            }
        }
        std::fs::write(&sources[0], "shorter\n").unwrap();
        let mut again = Revisited::new(&sources).unwrap();
        let error = again.read_at::<Weight>(found[0].0).unwrap_err().to_string();
        assert!(error.contains("was changed while it was read"), "{error}");
    }

    #[test]
    fn what_can_be_read_only_once_is_refused() {
        for (source, name) in [("-", "standard input"), ("/dev/null", "/dev/null")] {
            let error = Revisited::new(&[source.to_owned()]).err().expect("refused").to_string();
            assert!(error.starts_with(&format!("{name} can be read only once")), "{error}");
        }
    }
}
