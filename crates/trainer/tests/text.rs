//! The text that the model learns from.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use tiebreak_trainer::bitext::Rows;
use tiebreak_trainer::dialogues::Composer;
use tiebreak_trainer::held_out;
use tiebreak_trainer::stream::Source;
use tiebreak_trainer::vocabulary::{SPECIAL, Vocabulary};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

#[test]
fn composed_dialogues_are_whole_and_repeatable() -> Result<()> {
    let composer = Composer::read(&data())?;
    for index in 0..3000 {
        let dialogue = composer.compose(1, index);
        assert_eq!(dialogue, composer.compose(1, index));
        assert!(!dialogue.reply.trim().is_empty());
        let slots = ["{order}", "{product}", "{amount}", "{date}", "{plan}", "{city}"];
        assert!(slots.iter().all(|slot| !dialogue.reply.contains(slot)), "{dialogue:?}");
    }
    Ok(())
}

#[test]
fn held_out_prompts_are_never_composed() -> Result<()> {
    let composer = Composer::read(&data())?;
    let held_out = held_out::committed(&data())?;
    assert!(held_out.len() >= 200, "{} held-out dialogues", held_out.len());
    let composed: Vec<_> = (0..20_000).map(|index| composer.compose(2, index)).collect();
    for dialogue in &held_out {
        let found = composed
            .iter()
            .any(|other| other.prompt.as_ref() == Some(&dialogue.prompt) || other.reply == dialogue.reply);
        assert!(!found, "composed as well: {dialogue:?}");
    }
    Ok(())
}

#[test]
fn real_rows_are_filled_and_held_out_ones_stay_out() -> Result<()> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rows.csv");
    let mut text = "instruction,response,intent,entity_value\n".to_owned();
    for index in 0..10 {
        text += &format!(
            "where is order 77{index}?,\"Call {{{{Support Phone Number}}}} about {{{{Order Number}}}}, press {{{{Track Order}}}}.\",track,77{index}\n"
        );
    }
    fs::write(&path, text)?;
    let rows = Rows::read(&path, &data())?;
    assert_eq!((rows.held_out.len(), rows.training.len()), (5, 5));
    for index in 0..50 {
        let dialogue = rows.dialogue(3, index).expect("there are rows");
        assert!(!dialogue.reply.contains("{{"), "{dialogue:?}");
        assert!(dialogue.reply.contains("about 77") && dialogue.reply.contains("press Track Order"));
    }
    for row in &rows.training {
        assert!(!rows.is_held_out(&row.instruction, &row.response));
    }
    for row in &rows.held_out {
        assert!(rows.is_held_out(&row.instruction, &row.response));
    }
    Ok(())
}

#[test]
fn text_survives_the_tokenizer_and_special_tokens_stay_text() -> Result<()> {
    let source = Source::read(&data(), None, 1)?;
    let vocabulary = Vocabulary::train(600, source.texts(500))?;
    for text in ["Order 123456 isn't here.", " two  spaces\n\nand lines ", "héllo 🙂 日本", SPECIAL[2]] {
        let tokens = vocabulary.encode_text(text)?;
        assert_eq!(vocabulary.decode(&tokens)?, text);
        assert!(tokens.iter().all(|token| *token as usize >= SPECIAL.len()), "{text}");
    }
    assert_eq!(vocabulary.encode_text("2024")?.len(), 4, "digits stand alone");
    Ok(())
}

#[test]
fn a_step_is_the_same_every_time_and_another_for_every_step() -> Result<()> {
    let source = Source::read(&data(), None, 1)?;
    let vocabulary = Vocabulary::train(600, source.texts(500))?;
    let tokens = |step| -> Result<Vec<Vec<u32>>> {
        let batches = source.step((step, 0.0), &vocabulary, 1024)?;
        for batch in &batches {
            assert_eq!(batch.lengths.iter().sum::<usize>(), batch.tokens.len());
            assert_eq!(batch.rows.len(), batch.targets.len());
        }
        Ok(batches.into_iter().map(|batch| batch.tokens).collect())
    };
    assert_eq!(tokens(0)?, tokens(0)?);
    assert_ne!(tokens(0)?, tokens(1)?);
    Ok(())
}
