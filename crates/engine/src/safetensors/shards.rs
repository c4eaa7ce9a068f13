//! The files of a folder's weights, and where in them each tensor lies.

use crate::error::{EngineError, Result};
use crate::gguf::StorageType;
use crate::source::{OpenTensor, check_shape, problem};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// A longer header than any model's.
const MAX_HEADER_BYTES: u64 = 1 << 27;

/// All tensors of a folder, asked for by the names that they have there.
pub struct Shards<R> {
    files: Vec<R>,
    tensors: BTreeMap<String, Place>,
}

/// Where a tensor lies.
#[derive(Clone, Debug)]
struct Place {
    file: usize,
    start: u64,
    bytes: usize,
    shape: Vec<usize>,
    /// As the header calls it.
    dtype: String,
    /// None where it is of a type that no weights are read in.
    kind: Option<StorageType>,
}

impl Place {
    /// How many numbers the tensor holds.
    fn n_numbers(&self) -> u64 {
        self.shape.iter().fold(1, |product: u64, width| product.saturating_mul(*width as u64))
    }
}

impl<R: Read + Seek> Shards<R> {
    /// Reads the headers of all files of a folder.
    ///
    /// # Errors
    /// [`EngineError::Safetensors`] for a header that is broken, or whose tensors do not fill the file without a gap, and [`EngineError::Tensor`] for a tensor that does not lie in its file, stands in two of them or is of a type that is not read.
    pub fn read(mut files: Vec<R>) -> Result<Self> {
        let mut tensors = BTreeMap::new();
        for (number, file) in files.iter_mut().enumerate() {
            for (name, place) in read_header(file, number)? {
                if tensors.insert(name.clone(), place).is_some() {
                    return Err(problem(&name, "stands in two places"));
                }
            }
        }
        Ok(Self { files, tensors })
    }

    /// The shape of a tensor, where there is one of this name.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|place| place.shape.as_slice())
    }

    /// The shapes of all tensors.
    pub fn shapes(&self) -> BTreeMap<String, Vec<usize>> {
        self.tensors.iter().map(|(name, place)| (name.clone(), place.shape.clone())).collect()
    }

    /// Goes to where a tensor's weights begin.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] when it is absent, of another shape or of a type that is not read.
    pub fn open(&mut self, name: &str, expected_shape: &[usize]) -> Result<OpenTensor<'_>> {
        let place = self.tensors.get(name);
        check_shape(name, place.map(|place| place.shape.as_slice()), expected_shape)?;
        let Place { file, start, bytes, dtype, kind, .. } = place.expect("its shape was checked");
        let unread = || {
            format!(
                "is stored as {dtype}; take weights in F32, F16 or BF16, or a GGUF file, of the same model"
            )
        };
        let kind = kind.ok_or_else(|| problem(name, unread()))?;
        OpenTensor::at(*start, *bytes, (name, kind), &mut self.files[*file])
    }

    /// The number of dimensions and the storage type of each tensor that can be read and whose name is wanted.
    pub(super) fn kinds(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<(usize, StorageType)> {
        let places = self.tensors.iter().filter(|(name, _)| is_wanted(name)).map(|(_, place)| place);
        places.filter_map(|place| Some((place.shape.len(), place.kind?))).collect()
    }

    /// The bytes of all tensors together.
    pub fn weight_bytes(&self) -> u64 {
        self.tensors.values().map(|place| place.bytes as u64).sum()
    }

    /// How many numbers all tensors hold.
    pub fn n_parameters(&self) -> u64 {
        self.tensors.values().map(Place::n_numbers).fold(0, u64::saturating_add)
    }

    /// The type that most parameters are of.
    pub fn main_type(&self) -> &str {
        let mut parameters = BTreeMap::<&str, u64>::new();
        for place in self.tensors.values() {
            let of_type = parameters.entry(&place.dtype).or_default();
            *of_type = of_type.saturating_add(place.n_numbers());
        }
        parameters.into_iter().max_by_key(|(_, count)| *count).map_or("", |(name, _)| name)
    }

    /// Which of the files holds a tensor, by its place among them.
    pub fn file_of(&self, name: &str) -> Option<usize> {
        self.tensors.get(name).map(|place| place.file)
    }
}

/// A tensor as a header states it.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// The entries in the order of the file, two of the same name included.
struct Entries(Vec<(String, Entry)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Entries;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<serde::de::IgnoredAny>()?;
                    } else {
                        entries.push((name, map.next_value()?));
                    }
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

fn read_header(file: &mut (impl Read + Seek), number: usize) -> Result<Vec<(String, Place)>> {
    let unreadable = |error: std::io::Error| broken(format!("cannot be read: {error}"));
    let file_bytes = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if file_bytes < 8 {
        return Err(broken(format!("it has {file_bytes} bytes, too few for a header")));
    }
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(unreadable)?;
    let length = u64::from_le_bytes(length);
    if length > (file_bytes - 8).min(MAX_HEADER_BYTES) {
        return Err(broken(format!("its header claims {length} bytes of a file of {file_bytes}")));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header).map_err(unreadable)?;
    let Entries(entries) =
        serde_json::from_slice(&header).map_err(|error| broken(format!("its header is broken: {error}")))?;
    let data = 8 + length..file_bytes;
    let places =
        entries.into_iter().map(|(name, entry)| Ok((name.clone(), place(&name, entry, number, &data)?)));
    let places = places.collect::<Result<Vec<_>>>()?;
    check_filled(&places, &data)?;
    Ok(places)
}

/// Refuses a file with bytes that belong to no tensor, or to two.
fn check_filled(places: &[(String, Place)], data: &Range<u64>) -> Result<()> {
    let mut stretches: Vec<(u64, u64)> =
        places.iter().map(|(_, place)| (place.start, place.bytes as u64)).collect();
    stretches.sort_unstable();
    let mut stretches = stretches.into_iter();
    let end = stretches.try_fold(data.start, |end, (start, bytes)| (start == end).then_some(start + bytes));
    if end == Some(data.end) {
        return Ok(());
    }
    let n_bytes = data.end - data.start;
    Err(broken(format!("its tensors do not fill the {n_bytes} bytes after its header one after another")))
}

fn place(name: &str, entry: Entry, file: usize, data: &Range<u64>) -> Result<Place> {
    let Entry { dtype, shape, data_offsets: [start, end] } = entry;
    let data_bytes = data.end - data.start;
    let in_file = end.checked_sub(start).filter(|_| end <= data_bytes);
    let kind = StorageType::ALL.into_iter().find(|kind| kind.block_numbers == 1 && kind.name == dtype);
    let of_shape =
        |kind: StorageType| shape.iter().try_fold(kind.block_bytes, |bytes, width| bytes.checked_mul(*width));
    match (in_file, kind.map(of_shape)) {
        (Some(bytes), None) => {
            Ok(Place { file, start: data.start + start, bytes: bytes as usize, shape, dtype, kind })
        }
        (Some(in_file), Some(Some(bytes))) if in_file == bytes as u64 => {
            Ok(Place { file, start: data.start + start, bytes, shape, dtype, kind })
        }
        _ => Err(problem(
            name,
            format!(
                "of shape {shape:?} lies at bytes {start} to {end} of {data_bytes}; the file is cut off, or its header wrong"
            ),
        )),
    }
}

fn broken(problem: String) -> EngineError {
    EngineError::Safetensors(problem)
}
