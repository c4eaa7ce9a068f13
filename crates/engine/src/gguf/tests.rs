use super::*;
use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
use candle_core::{Device, Tensor};
use proptest::prelude::*;
use std::io::Cursor;

/// A small sound file: two tensors and one key of each kind.
fn valid_file() -> Vec<u8> {
    let device = Device::Cpu;
    let weights = Tensor::arange(0_f32, 128., &device).and_then(|t| t.reshape((2, 64))).unwrap();
    let quantized = QTensor::quantize(&weights, GgmlDType::Q8_0).unwrap();
    let norm = QTensor::quantize(&Tensor::ones(8, candle_core::DType::F32, &device).unwrap(), GgmlDType::F32)
        .unwrap();
    let values = [
        ("general.architecture", gguf_file::Value::String("llama".to_owned())),
        ("an.integer", gguf_file::Value::U16(7)),
        ("a.negative", gguf_file::Value::I64(-7)),
        ("a.number", gguf_file::Value::F32(0.5)),
        ("a.flag", gguf_file::Value::Bool(true)),
        ("a.list", gguf_file::Value::Array(vec![gguf_file::Value::I32(1), gguf_file::Value::I32(-2)])),
        ("some.texts", gguf_file::Value::Array(vec![gguf_file::Value::String("ä".to_owned())])),
    ];
    let values = values.iter().map(|(key, value)| (*key, value)).collect::<Vec<_>>();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &values, &[("blk.0.weight", &quantized), ("norm.weight", &norm)]).unwrap();
    file.into_inner()
}

/// Reads the header and every tensor; what is returned is the first error.
fn read_all(bytes: &[u8]) -> Result<GgufFile<Cursor<&[u8]>>> {
    let mut file = GgufFile::read(Cursor::new(bytes))?;
    let tensors = file
        .tensors
        .iter()
        .map(|(name, place)| (name.clone(), place.entry.shape.clone()))
        .collect::<Vec<_>>();
    for (name, shape) in tensors {
        file.open(&name, &shape)?.bytes()?;
    }
    Ok(file)
}

fn error_of(bytes: &[u8]) -> String {
    read_all(bytes).err().expect("the file is refused").to_string()
}

#[test]
fn a_sound_file_is_read() {
    let bytes = valid_file();
    let mut file = read_all(&bytes).unwrap();
    let kinds: Vec<_> = file.kinds().into_iter().map(|(dimensions, kind)| (dimensions, kind.name)).collect();
    assert_eq!(kinds, [(2, "Q8_0")], "a decoder asks for no norm of this name");
    assert!(file.has_tensor("norm.weight") && !file.has_tensor("norm.bias"));
    assert_eq!((file.n_parameters(), file.weight_bytes()), (136, 4 * 34 + 32));
    assert_eq!(file.main_type(), "Q8_0");
    assert_eq!(file.open("norm.weight", &[8]).unwrap().numbers().unwrap(), [1.0; 8]);

    let metadata = file.metadata();
    assert_eq!(metadata.u32("an.integer").unwrap(), 7);
    assert_eq!(metadata.f32("a.number").unwrap(), 0.5);
    assert!(metadata.bool("a.flag").unwrap());
    assert_eq!(metadata.optional_integers("a.list").unwrap().unwrap(), [1, -2]);
    assert_eq!(metadata.texts("some.texts").unwrap().iter().collect::<Vec<_>>(), ["ä"]);
    assert_eq!(metadata.optional_usize("not.there").unwrap(), None);
    let error = metadata.usize("a.negative").unwrap_err().to_string();
    assert_eq!(error, "metadata key `a.negative` is the integer -7; expected an integer of 0 or more");
}

#[test]
fn an_absent_tensor_and_a_wrong_shape_are_named() {
    let bytes = valid_file();
    let mut file = GgufFile::read(Cursor::new(&bytes)).unwrap();
    let error = file.open("output.weight", &[8]).err().unwrap().to_string();
    assert!(error.starts_with("tensor `output.weight` is absent: the weights are incomplete"), "{error}");
    let error = file.open("norm.weight", &[4]).err().unwrap().to_string();
    assert_eq!(error, "tensor `norm.weight` has shape [8]; expected [4]");
}

#[test]
fn rows_of_a_tensor_are_read_alone() {
    let bytes = valid_file();
    let mut file = GgufFile::read(Cursor::new(&bytes)).unwrap();
    let (_, all) = file.open("blk.0.weight", &[2, 64]).unwrap().bytes().unwrap();
    let (_, second) = file.open("blk.0.weight", &[2, 64]).unwrap().rows(1..2, 2).unwrap().bytes().unwrap();
    assert_eq!(second, all[all.len() / 2..]);
    for (rows, of) in [(1..3, 2), (0..1, 0), (0..1, 3)] {
        assert!(file.open("blk.0.weight", &[2, 64]).unwrap().rows(rows, of).is_err());
    }
    let mut tensor = file.open("norm.weight", &[8]).unwrap();
    let error = tensor.read(&mut [0; 33]).unwrap_err().to_string();
    assert_eq!(error, "tensor `norm.weight` is shorter than its shape says");
}

/// The first part has the metadata, and each its own tensors, as `gguf-split` writes them.
#[test]
fn a_file_in_parts_is_read_as_one() {
    let part = |number: u16, name: &str| {
        let draft = Draft::default().key("split.count", 2, &2_u16.to_le_bytes()).key(
            "split.no",
            2,
            &number.to_le_bytes(),
        );
        draft.tensor(name, &[8], 0, 0).bytes()
    };
    let read = |parts: &[Vec<u8>]| GgufFile::read_parts(parts.iter().cloned().map(Cursor::new).collect());
    let error = |parts: &[Vec<u8>]| read(parts).err().unwrap().to_string();
    let (first, second) = (part(0, "t"), part(1, "u"));
    let mut file = read(&[first.clone(), second.clone()]).unwrap();
    assert!(file.open("t", &[8]).is_ok() && file.open("u", &[8]).unwrap().bytes().is_ok());
    assert_eq!(file.n_parameters(), 16);
    assert!(error(std::slice::from_ref(&first)).contains("part 1 of 2 stands where part 1 of 1"));
    assert!(error(&[second.clone(), first.clone()]).contains("part 2 of 2 stands where part 1 of 2"));
    assert!(error(&[first, part(1, "t")]).contains("`t` stands in two parts"));
}

#[test]
fn every_truncation_is_refused() {
    let bytes = valid_file();
    // The last tensor's padding is the only part that a file can miss.
    for length in 0..bytes.len() - 31 {
        assert!(read_all(&bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
}

#[test]
fn zeros_and_other_formats_are_refused() {
    assert!(error_of(&[0; 4096]).contains("letters GGUF"));
    assert!(error_of(b"PK\x03\x04 an archive").contains("letters GGUF"));
    assert!(error_of(b"GGUF\x01\0\0\0").contains("version 1"));
    assert!(error_of(b"GGUF\0\0\0\x03\0\0\0\0").contains("big-endian"));
}

/// The parts of a header, written by hand.
#[derive(Default)]
struct Draft {
    keys: Vec<u8>,
    key_count: u64,
    tensors: Vec<u8>,
    tensor_count: u64,
}

impl Draft {
    fn key(mut self, name: &str, kind: u32, value: &[u8]) -> Self {
        self.key_count += 1;
        self.keys.extend((name.len() as u64).to_le_bytes());
        self.keys.extend(name.as_bytes());
        self.keys.extend(kind.to_le_bytes());
        self.keys.extend(value);
        self
    }

    fn tensor(mut self, name: &str, sizes: &[u64], kind: u32, offset: u64) -> Self {
        self.tensor_count += 1;
        self.tensors.extend((name.len() as u64).to_le_bytes());
        self.tensors.extend(name.as_bytes());
        self.tensors.extend((sizes.len() as u32).to_le_bytes());
        self.tensors.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        self.tensors.extend(kind.to_le_bytes());
        self.tensors.extend(offset.to_le_bytes());
        self
    }

    /// The header followed by 1,024 bytes of weights.
    fn bytes(self) -> Vec<u8> {
        let counts = [self.tensor_count, self.key_count].map(u64::to_le_bytes).concat();
        let mut bytes = [b"GGUF\x03\0\0\0", &counts[..], &self.keys, &self.tensors].concat();
        bytes.resize(bytes.len().next_multiple_of(32) + 1024, 0);
        bytes
    }
}

/// A list's type and length as they stand before its values.
fn list_head(kind: u32, length: u64) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &length.to_le_bytes()].concat()
}

#[test]
fn hostile_headers_are_refused_by_name() {
    let draft = Draft::default;
    let nested =
        [list_head(9, 1), list_head(9, 1), list_head(9, 1), list_head(9, 1), list_head(0, 0)].concat();
    for (draft, named) in [
        (draft().key("general.alignment", 4, &0_u32.to_le_bytes()), "`general.alignment` is 0"),
        (draft().key("general.alignment", 4, &48_u32.to_le_bytes()), "`general.alignment` is 48"),
        (draft().key("a", 7, &[1]).key("a", 7, &[0]), "`a` stands in the file twice"),
        (draft().key("a", 7, &[2]), "`a` is a truth value of 2"),
        (draft().key("a", 13, &[]), "`a` is of the unknown type 13"),
        (draft().key("a", 9, &list_head(13, 0)), "`a` is a list of the unknown type 13"),
        (draft().key("a", 9, &list_head(8, u64::MAX)), "`a` claims a list of 18446744073709551615"),
        (draft().key("a", 9, &list_head(0, 1 << 24)), "`a` claims a list of 16777216"),
        (draft().key("a", 9, &nested), "`a` holds lists in lists"),
        (draft().key("a", 8, &(1_u64 << 40).to_le_bytes()), "claimed for `a`"),
        (draft().tensor("t", &[], 0, 0), "`t` has 0 dimensions"),
        (draft().tensor("t", &[1, 1, 1, 1, 1], 0, 0), "`t` has 5 dimensions"),
        (draft().tensor("t", &[8, 0], 0, 0), "`t` has shape [0, 8]"),
        (draft().tensor("t", &[33], 8, 0), "`t` has shape [33]"),
        (draft().tensor("t", &[1 << 32, 1 << 32], 0, 0), "`t` has shape"),
        (draft().tensor("t", &[1 << 63, 2, 1], 0, 0), "`t` has shape"),
        (draft().tensor("t", &[1 << 30, 1 << 10], 0, 0), "`t` takes 4398046511104 bytes"),
        (draft().tensor("t", &[8], 0, u64::MAX - 31), "`t` takes 32 bytes from byte 18446744073709551584"),
        (draft().tensor("t", &[8], 0, 1024), "`t` takes 32 bytes from byte 1024 of 1024"),
        (draft().tensor("t", &[8], 0, 4), "`t` begins at byte 4"),
        (draft().tensor("t", &[8], 20, 0), "`t` is stored as IQ4_NL, which is not supported; take a file in"),
        (draft().tensor("t", &[8], 99, 0), "`t` is stored as type 99"),
        (draft().tensor("t", &[8], 0, 0).tensor("t", &[8], 0, 32), "`t` stands in the file twice"),
        (draft().tensor("t", &[16], 0, 0).tensor("u", &[8], 0, 32), "`u` shares bytes"),
    ] {
        let error = error_of(&draft.bytes());
        assert!(error.contains(named), "expected {named}: {error}");
    }
    for count in [1 << 16, 1 << 20, u64::MAX] {
        let mut bytes = draft().bytes();
        bytes[8..16].copy_from_slice(&count.to_le_bytes());
        assert!(error_of(&bytes).contains("tensors in a file of"));
        bytes[8..24].rotate_left(8);
        assert!(error_of(&bytes).contains("metadata keys in a file of"));
    }
}

#[test]
fn lists_in_lists_are_passed_over() {
    let value = [list_head(9, 2), list_head(0, 1), vec![5], list_head(6, 0)].concat();
    let file_bytes = Draft::default().key("a", 9, &value).key("b", 0, &[3]).bytes();
    let file = read_all(&file_bytes).unwrap();
    assert_eq!(file.metadata().get("a"), Some(&Value::List(List::Nested)));
    assert_eq!(file.metadata().u32("b").unwrap(), 3);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), with_magic in any::<bool>()) {
        let head: &[u8] = if with_magic { b"GGUF\x03\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0" } else { b"" };
        let _ = read_all(&[head, &bytes].concat());
    }

    #[test]
    fn damaged_files_never_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = valid_file();
        for (index, byte) in damage {
            let place = index.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = read_all(&bytes);
    }
}
