//! The header of a GGUF file, versions 2 and 3, as <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md> describes it.

use super::metadata::{List, Metadata, Value, bad_key};
use super::{StorageType, problem, unreadable};
use crate::{EngineError, Result};
use std::collections::BTreeMap;
use std::io::Read;

/// What stands before the weights.
pub(super) struct Header {
    pub metadata: Metadata,
    pub tensors: BTreeMap<String, TensorEntry>,
    /// The first byte of the weights, from the start of the file.
    pub data_start: u64,
}

/// Where a tensor is and how it is stored.
pub(super) struct TensorEntry {
    /// Rows first, the contiguous dimension last.
    pub shape: Vec<usize>,
    pub kind: StorageType,
    /// Bytes from the start of the weights.
    pub offset: u64,
    pub elements: usize,
    pub bytes: usize,
}

const MAGIC: u32 = u32::from_le_bytes(*b"GGUF");
/// More keys, or more tensors, than any model has.
const MAX_ENTRIES: u64 = 1 << 16;
/// Chat templates, the longest texts, stay below 100 kB.
const MAX_STRING_BYTES: u64 = 1 << 24;
/// The largest vocabularies hold some 300,000 tokens, and merges less than ten times as many.
const MAX_LIST_LENGTH: u64 = 1 << 24;
const MAX_LIST_DEPTH: usize = 4;
const MAX_DIMENSIONS: u32 = 4;
const DEFAULT_ALIGNMENT: u32 = 32;
const MAX_ALIGNMENT: u32 = 1 << 16;
const ALIGNMENT_KEY: &str = "general.alignment";

pub(super) fn read(reader: &mut impl Read, file_bytes: u64) -> Result<Header> {
    let mut input = Input { reader, position: 0, file_bytes };
    read_magic(&mut input)?;
    let tensor_count = read_count(&mut input, "tensors", 8 + 4 + 8 + 4 + 8)?;
    let key_count = read_count(&mut input, "metadata keys", 8 + 4 + 1)?;
    let metadata = read_metadata(&mut input, key_count)?;
    let alignment = alignment(&metadata)?;
    let tensors = read_tensors(&mut input, tensor_count)?;
    let data_start = input.position.next_multiple_of(u64::from(alignment));
    check_places(&tensors, alignment, file_bytes.saturating_sub(data_start))?;
    Ok(Header { metadata, tensors, data_start })
}

fn read_magic(input: &mut Input<impl Read>) -> Result<()> {
    let magic = input.u32()?;
    if magic != MAGIC {
        return Err(EngineError::Gguf(format!("it begins with {magic:#010x} and not with the letters GGUF")));
    }
    match input.u32()? {
        2 | 3 => Ok(()),
        version if matches!(version.swap_bytes(), 1..=3) => {
            Err(EngineError::Gguf("its numbers are big-endian; convert it to little-endian".to_owned()))
        }
        version => Err(EngineError::Gguf(format!("version {version} is not known; versions 2 and 3 are"))),
    }
}

fn read_count(input: &mut Input<impl Read>, what: &str, smallest_bytes: u64) -> Result<u64> {
    let count = input.u64()?;
    if count > MAX_ENTRIES || count * smallest_bytes > input.remaining() {
        let file_bytes = input.file_bytes;
        return Err(EngineError::Gguf(format!("it claims {count} {what} in a file of {file_bytes} bytes")));
    }
    Ok(count)
}

fn read_metadata(input: &mut Input<impl Read>, count: u64) -> Result<Metadata> {
    let mut values = BTreeMap::new();
    for _ in 0..count {
        let key = input.string("a metadata key")?;
        let kind = input.u32()?;
        let value = read_value(input, &key, kind)?;
        if values.insert(key.clone(), value).is_some() {
            return Err(bad_key(&key, "stands in the file twice"));
        }
    }
    Ok(values.into_iter().collect())
}

fn read_value(input: &mut Input<impl Read>, key: &str, kind: u32) -> Result<Value> {
    Ok(match kind {
        0..=5 | 10 | 11 => Value::Integer(input.integer(kind)?),
        6 => Value::Float(f64::from(f32::from_le_bytes(input.array()?))),
        12 => Value::Float(f64::from_le_bytes(input.array()?)),
        7 => Value::Bool(read_bool(input, key)?),
        8 => Value::Text(input.string(key)?),
        9 => Value::List(read_list(input, key, 1)?),
        _ => return Err(bad_key(key, format!("is of the unknown type {kind}"))),
    })
}

fn read_bool(input: &mut Input<impl Read>, key: &str) -> Result<bool> {
    match input.array()? {
        [0] => Ok(false),
        [1] => Ok(true),
        [byte] => Err(bad_key(key, format!("is a truth value of {byte}; expected 0 or 1"))),
    }
}

fn read_list(input: &mut Input<impl Read>, key: &str, depth: usize) -> Result<List> {
    if depth > MAX_LIST_DEPTH {
        return Err(bad_key(key, format!("holds lists in lists deeper than {MAX_LIST_DEPTH}")));
    }
    let kind = input.u32()?;
    let length = input.u64()?;
    let smallest_bytes = match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        8 | 10..=12 => 8,
        9 => 12,
        _ => return Err(bad_key(key, format!("is a list of the unknown type {kind}"))),
    };
    if length > MAX_LIST_LENGTH || length * smallest_bytes > input.remaining() {
        let rest = input.remaining();
        return Err(bad_key(key, format!("claims a list of {length} values where {rest} bytes are left")));
    }
    Ok(match kind {
        6 => List::Floats(collect(length, || Ok(f32::from_le_bytes(input.array()?)))?),
        12 => List::Floats(collect(length, || Ok(f64::from_le_bytes(input.array()?) as f32))?),
        7 => List::Bools(collect(length, || read_bool(input, key))?),
        8 => List::Texts((0..length).map(|_| input.string(key)).collect::<Result<_>>()?),
        9 => {
            for _ in 0..length {
                read_list(input, key, depth + 1)?;
            }
            List::Nested
        }
        _ => List::Integers(collect(length, || Ok(i64::try_from(input.integer(kind)?).unwrap_or(i64::MAX)))?),
    })
}

fn collect<T>(length: u64, read_one: impl FnMut() -> Result<T>) -> Result<Vec<T>> {
    std::iter::repeat_with(read_one).take(length as usize).collect()
}

fn alignment(metadata: &Metadata) -> Result<u32> {
    match metadata.optional_u32(ALIGNMENT_KEY)? {
        None => Ok(DEFAULT_ALIGNMENT),
        Some(bytes) if bytes.is_power_of_two() && bytes <= MAX_ALIGNMENT => Ok(bytes),
        Some(bytes) => {
            Err(bad_key(ALIGNMENT_KEY, format!("is {bytes}; expected a power of two up to {MAX_ALIGNMENT}")))
        }
    }
}

fn read_tensors(input: &mut Input<impl Read>, count: u64) -> Result<BTreeMap<String, TensorEntry>> {
    let mut tensors = BTreeMap::new();
    for _ in 0..count {
        let name = input.string("a tensor's name")?;
        let entry = read_tensor(input, &name)?;
        if tensors.insert(name.clone(), entry).is_some() {
            return Err(problem(&name, "stands in the file twice"));
        }
    }
    Ok(tensors)
}

fn read_tensor(input: &mut Input<impl Read>, name: &str) -> Result<TensorEntry> {
    let dimensions = input.u32()?;
    if !(1..=MAX_DIMENSIONS).contains(&dimensions) {
        return Err(problem(name, format!("has {dimensions} dimensions; expected 1 to {MAX_DIMENSIONS}")));
    }
    let mut sizes = (0..dimensions).map(|_| input.u64()).collect::<Result<Vec<_>>>()?;
    sizes.reverse();
    let code = input.u32()?;
    let kind = StorageType::from_code(code).ok_or_else(|| {
        let stored = StorageType::other_name(code).map_or_else(|| format!("type {code}"), str::to_owned);
        problem(name, format!("is stored as {stored}, which is not supported; take a file in F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 or Q2_K to Q6_K of the same model, such as Q4_K_M"))
    })?;
    let offset = input.u64()?;
    let (shape, elements, bytes) = sizes_in_memory(&sizes, kind).ok_or_else(|| {
        let block = kind.block_numbers;
        problem(name, format!("has shape {sizes:?}; expected no zero, a last dimension that {block} divides, and fewer bytes than memory can address"))
    })?;
    Ok(TensorEntry { shape, kind, offset, elements, bytes })
}

/// The shape, the count of numbers and the count of bytes.
fn sizes_in_memory(sizes: &[u64], kind: StorageType) -> Option<(Vec<usize>, usize, usize)> {
    let shape = sizes.iter().map(|&size| usize::try_from(size).ok()).collect::<Option<Vec<_>>>()?;
    let row = *shape.last()?;
    if shape.contains(&0) || !row.is_multiple_of(kind.block_numbers) {
        return None;
    }
    let elements = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size))?;
    let bytes = (elements / kind.block_numbers).checked_mul(kind.block_bytes)?;
    (bytes <= isize::MAX as usize).then_some((shape, elements, bytes))
}

/// Every tensor begins at a multiple of the alignment, ends inside the file, and shares no byte with another.
fn check_places(tensors: &BTreeMap<String, TensorEntry>, alignment: u32, data_bytes: u64) -> Result<()> {
    let mut places = tensors.iter().collect::<Vec<_>>();
    places.sort_by_key(|(_, entry)| entry.offset);
    let mut previous_end = 0;
    for (name, entry) in places {
        let (offset, bytes) = (entry.offset, entry.bytes);
        if !offset.is_multiple_of(u64::from(alignment)) {
            return Err(problem(
                name,
                format!("begins at byte {offset}, which is no multiple of {alignment}"),
            ));
        }
        let end = offset.checked_add(bytes as u64).filter(|&end| end <= data_bytes).ok_or_else(|| {
            problem(
                name,
                format!(
                    "takes {bytes} bytes from byte {offset} of {data_bytes}; the file is truncated or damaged"
                ),
            )
        })?;
        if offset < previous_end {
            return Err(problem(name, "shares bytes with another tensor"));
        }
        previous_end = end;
    }
    Ok(())
}

/// A reader that knows how much is left.
struct Input<'a, R> {
    reader: &'a mut R,
    position: u64,
    file_bytes: u64,
}

impl<R: Read> Input<'_, R> {
    fn remaining(&self) -> u64 {
        self.file_bytes.saturating_sub(self.position)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<()> {
        self.reader.read_exact(buffer).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                EngineError::Gguf(format!("it ends inside its header, after {} bytes", self.file_bytes))
            }
            _ => unreadable(&error),
        })?;
        self.position += buffer.len() as u64;
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// An integer of the type that `kind` stands for in the format.
    fn integer(&mut self, kind: u32) -> Result<i128> {
        Ok(match kind {
            0 => u8::from_le_bytes(self.array()?).into(),
            1 => i8::from_le_bytes(self.array()?).into(),
            2 => u16::from_le_bytes(self.array()?).into(),
            3 => i16::from_le_bytes(self.array()?).into(),
            4 => u32::from_le_bytes(self.array()?).into(),
            5 => i32::from_le_bytes(self.array()?).into(),
            10 => u64::from_le_bytes(self.array()?).into(),
            _ => i64::from_le_bytes(self.array()?).into(),
        })
    }

    fn string(&mut self, what: &str) -> Result<String> {
        let length = self.u64()?;
        if length > MAX_STRING_BYTES || length > self.remaining() {
            let rest = self.remaining();
            return Err(EngineError::Gguf(format!(
                "a text of {length} bytes is claimed for `{what}` where {rest} bytes are left"
            )));
        }
        let mut bytes = vec![0; length as usize];
        self.fill(&mut bytes)?;
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }
}
