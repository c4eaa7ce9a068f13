//! A reward head from the data files to a model's file and back.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tiebreak_core::schema::{LikelihoodScore, Message, Role};
use tiebreak_engine::score::{greedy, likelihood};
use tiebreak_engine::{Device, Model};
use tiebreak_trainer::export::export;
use tiebreak_trainer::held_out;
use tiebreak_trainer::model::{Model as Trained, Shape};
use tiebreak_trainer::reward::source::{SetAside, Source};
use tiebreak_trainer::reward::{Settings, file, train, validate};
use tiebreak_trainer::stream;
use tiebreak_trainer::vocabulary::Vocabulary;

const SHORT: Settings = Settings { seed: 3, steps: 80, ..Settings::SHIPPED };

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// An untrained model's file.
fn model_file(folder: &Path) -> Result<PathBuf> {
    let shape = Shape {
        width: 64,
        layers: 2,
        feed_forward: 64,
        heads: 2,
        kv_heads: 1,
        vocabulary: 400,
        context: 512,
        rope_theta: 10_000.0,
        epsilon: 1e-5,
    };
    let vocabulary = Vocabulary::train(shape.vocabulary, stream::Source::read(&data(), None, 1)?.texts(300))?;
    let path = folder.join("model.gguf");
    export(&Trained::random(shape, 9)?, &vocabulary, &path)?;
    Ok(path)
}

fn load(path: &Path) -> Result<Model> {
    Ok(Model::load(fs::File::open(path)?, &Device::Cpu)?)
}

#[test]
fn a_head_learns_goes_into_a_file_and_leaves_the_model_as_it_was() -> Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reward");
    fs::create_dir_all(&folder)?;
    let (source, SetAside { dialogues, .. }) = Source::read(&data(), None)?;
    let mut head = train(&source, &SHORT)?;
    assert_eq!(head, train(&source, &SHORT)?, "the same seed gives the same head");

    let cosines = validate::cosines(&head, &dialogues);
    assert!(cosines.accuracy() > 0.8, "eighty steps find the fitting reply in {}", cosines.accuracy());
    (head.slope, head.offset) = cosines.logistic();
    assert!(head.slope > 1.0 && head.offset < 0.0, "{} {}", head.slope, head.offset);

    let plain = model_file(&folder)?;
    let headed = folder.join("headed.gguf");
    file::write(&plain, &head, &headed)?;
    file::write(&headed, &head, &folder.join("again.gguf"))?;
    assert!(fs::read(&headed)? == fs::read(folder.join("again.gguf"))?, "a head is replaced, not added");

    let (plain, headed) = (load(&plain)?, load(&headed)?);
    let read = headed.reward_head().context("the file has a head")?;
    assert_eq!((&read.prompt, &read.reply), (&head.prompt, &head.reply));
    assert_eq!((read.slope as f32, read.offset as f32), (head.slope as f32, head.offset as f32));
    let prompt = [Message::new(Role::User, "Where is my order 48213?")];
    assert_eq!(greedy(&headed, &prompt, 20)?, greedy(&plain, &prompt, 20)?, "text and logits are the same");
    let text = "Open My Orders to see where your parcel is.";
    let (with, without) = (likelihood(&headed, &prompt, text)?, likelihood(&plain, &prompt, text)?);
    assert!(with.reward_nats.is_some_and(|nats| nats < 0.0) && without.reward_nats.is_none());
    assert_eq!(LikelihoodScore { reward_nats: None, ..with }, without);
    Ok(())
}

#[test]
fn what_is_set_aside_is_not_drawn_and_not_held_out() -> Result<()> {
    let (source, SetAside { dialogues, lines }) = Source::read(&data(), None)?;
    assert!(dialogues.len() > 500 && lines.rude.len() > 3 && lines.polite_empty.len() > 3);
    assert!(lines.rude.iter().chain(&lines.polite_empty).all(|line| !source.bad_replies.contains(line)));
    let random = &mut tiebreak_trainer::random::Random::new(4, 0, 0);
    let drawn: Vec<_> = (0..20_000).map(|_| source.example(false, random)).collect();
    for dialogue in &dialogues {
        let found = drawn.iter().any(|one| one.reply == dialogue.reply || one.prompt == dialogue.prompt);
        assert!(!found, "drawn as well: {dialogue:?}");
    }
    for held_out in held_out::committed(&data())? {
        let is_same = |one: &held_out::HeldOut| one.prompt == held_out.prompt || one.reply == held_out.reply;
        assert!(!dialogues.iter().any(is_same), "held out and set aside: {held_out:?}");
    }
    Ok(())
}
