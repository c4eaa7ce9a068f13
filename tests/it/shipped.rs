//! The model that the repository carries.

/// The bytes of the file.
pub fn bytes() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/model/tiebreak-support-6m-q8_0.gguf");
    std::fs::read(path).expect("the shipped model is part of the repository")
}
