//! Records of files one after another, in the memory of one.

use super::ahead::ahead;
use super::{reader_of, refuse_second_dash};
use anyhow::Result;
use std::io::BufRead;
use tiebreak_core::schema::{Problem, Reader, Record};

/// The records of all `sources` in their order, each reader's problems told to `report`; all files are opened first.
pub fn read_one_by_one<T: Record + Send + 'static>(
    sources: &[String],
    mut report: impl FnMut(&Problem),
) -> Result<impl Iterator<Item = T>> {
    refuse_second_dash(sources)?;
    let readers = sources.iter().map(|source| reader(source)).collect::<Result<Vec<_>>>()?;
    let good = move |item: Result<_, Problem>| item.map_err(|problem| report(&problem)).ok();
    let items = ahead(|| readers.into_iter().flatten());
    Ok(items.filter_map(good).map(|numbered| numbered.record))
}

fn reader<T: Record>(source: &str) -> Result<Reader<Box<dyn BufRead + Send>, T>> {
    let (name, reader) = reader_of(source)?;
    Ok(Reader::new(reader, name))
}
