//! Attention against a softmax in 64 bits, by every instruction set and in any company.

use super::refusals::refusal;
use super::{Random, all_kernels};
use crate::{Kernels, LANES, Query, Remembered, Scoring, Stretch};
use half::bf16;
use std::ops::Range;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Keys and values of some positions.
struct Memory {
    key: usize,
    value: usize,
    /// (positions, key), each number as bfloat16 has it.
    keys: Vec<Vec<f32>>,
    /// (positions, value)
    values: Vec<Vec<f32>>,
}

impl Memory {
    fn random(positions: usize, [key, value]: [usize; 2], random: &mut Random) -> Self {
        let mut numbers =
            |n: usize| -> Vec<f32> { (0..n).map(|_| bf16::from_f32(random.normal()).to_f32()).collect() };
        let keys = (0..positions).map(|_| numbers(key)).collect();
        Self { key, value, keys, values: (0..positions).map(|_| numbers(value)).collect() }
    }

    /// Keys and values of the positions from `start` to `end` as the kernels read them.
    fn packed<T: Remembered>(&self, start: usize, end: usize) -> (Vec<T>, Vec<T>) {
        let mut keys = vec![T::default(); (end - start).next_multiple_of(LANES) * self.key];
        for (at, key) in self.keys[start..end].iter().enumerate() {
            for (number, value) in key.iter().enumerate() {
                keys[(at / LANES * self.key + number) * LANES + at % LANES] = T::round(*value);
            }
        }
        (keys, self.values[start..end].concat().into_iter().map(T::round).collect())
    }

    /// What a query finds in some positions.
    fn exact(&self, Asked { numbers, visible, scoring }: &Asked) -> Vec<f64> {
        let visible = visible.clone();
        let score = |key: &Vec<f32>| -> f64 {
            let product: f64 = key.iter().zip(numbers).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let scaled = product * f64::from(scoring.scale);
            scoring.soft_cap.map(f64::from).map_or(scaled, |cap| cap * (scaled / cap).tanh())
        };
        let weights: Vec<f64> = self.keys[visible.clone()].iter().map(|key| score(key).exp()).collect();
        let sum: f64 = weights.iter().sum();
        let of_number = |number: usize| {
            let values = self.values[visible.clone()].iter().map(|value| f64::from(value[number]));
            weights.iter().zip(values).map(|(weight, value)| weight * value).sum::<f64>() / sum
        };
        (0..self.value).map(of_number).collect()
    }
}

/// A query, what it may see and how it scores.
struct Asked {
    numbers: Vec<f32>,
    visible: Range<usize>,
    scoring: Scoring,
}

/// The positions are one stretch, or two where `cut` lies among them.
fn attend<T: Remembered>(memory: &Memory, asked: &[Asked], cut: usize, kernels: Kernels) -> Vec<Vec<f32>> {
    let mut queries: Vec<Query> = asked
        .iter()
        .map(|Asked { numbers, scoring, .. }| {
            let mut query = Query::new(memory.key, memory.value);
            query.ask(numbers, *scoring).unwrap();
            query
        })
        .collect();
    for (start, end) in [(0, cut), (cut, memory.keys.len())] {
        let (keys, values) = memory.packed::<T>(start, end);
        let stretch = Stretch { keys: &keys, values: &values, value_width: memory.value };
        let within = |position: usize| position.saturating_sub(start).min(end - start);
        let mut looking: Vec<(&mut Query, Range<usize>)> = queries
            .iter_mut()
            .zip(asked)
            .map(|(query, asked)| (query, within(asked.visible.start)..within(asked.visible.end)))
            .collect();
        kernels.attend(&stretch, &mut looking).unwrap();
    }
    queries.iter().map(|query| query.mean().collect()).collect()
}

/// Queries that see more and more positions, every second one no more than `window` of them, and every third with bounded scores.
fn ask(n: usize, memory: &Memory, window: usize, random: &mut Random) -> Vec<Asked> {
    let positions = memory.keys.len();
    (0..n)
        .map(|i| {
            let end = (positions * (i + 1)).div_ceil(n);
            let start = if i % 2 == 1 { end.saturating_sub(window) } else { 0 };
            Asked {
                numbers: (0..memory.key).map(|_| 2.0 * random.normal()).collect(),
                visible: start..end,
                scoring: Scoring {
                    scale: 1.0 / (memory.key as f32).sqrt(),
                    soft_cap: (i % 3 == 2).then_some(1.5),
                },
            }
        })
        .collect()
}

#[test]
fn queries_find_what_a_softmax_weighs_in_any_company() {
    let mut random = Random(5);
    for positions in [1, 15, 16, 17, 63, 64, 65, 130, 200] {
        for (widths, window) in [([64, 64], 8), ([80, 16], 70), ([7, 48], 1)] {
            let memory = Memory::random(positions, widths, &mut random);
            for n_queries in 1..=6 {
                let asked = ask(n_queries, &memory, window, &mut random);
                for cut in [0, positions / 3] {
                    let expected = attend::<bf16>(&memory, &asked, cut, Kernels::detect());
                    for (found, asked) in expected.iter().zip(&asked) {
                        for (found, exact) in found.iter().zip(memory.exact(asked)) {
                            assert!((f64::from(*found) - exact).abs() < 2e-5, "{found} is not {exact}");
                        }
                    }
                    for kernels in all_kernels() {
                        assert_eq!(attend::<bf16>(&memory, &asked, cut, kernels), expected, "{kernels:?}");
                        assert_eq!(attend::<f32>(&memory, &asked, cut, kernels), expected, "{kernels:?}");
                        for (alone, expected) in asked.iter().zip(&expected) {
                            let found = attend::<f32>(&memory, std::slice::from_ref(alone), cut, kernels);
                            assert_eq!(&found[0], expected, "{kernels:?}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn what_does_not_fit_a_stretch_is_refused_by_its_name() {
    let (mut query, mut other) = (Query::new(32, 16), Query::new(32, 16));
    let scoring = Scoring { scale: 1.0, soft_cap: None };
    assert_eq!(refusal(query.ask(&[0.0; 31], scoring)), "numbers of a query: 31 where 32 belong");
    let (keys, values) = ([bf16::ZERO; 32 * LANES], [bf16::ZERO; 16 * LANES]);
    let mut check = |n_keys: usize, n_values: usize, value_width, visible, expected| {
        let stretch = Stretch { keys: &keys[..n_keys], values: &values[..n_values], value_width };
        let mut queries = [(&mut query, 0..1), (&mut other, 0..visible)];
        assert_eq!(refusal(Kernels::detect().attend(&stretch, &mut queries)), expected);
    };
    check(512, 256, 16, 16, "accepted");
    check(512, 32, 16, 2, "accepted");
    check(512, 256, 16, 17, "keys of a stretch: 512 where 1024 belong");
    check(511, 256, 16, 2, "keys of a stretch: 511 where 512 belong");
    check(512, 31, 16, 2, "values of a stretch: 31 where 32 belong");
    check(512, 256, 32, 1, "width of a value: 32 where 16 belong");
    check(512, 256, 8, 1, "width of a value beyond lanes: 8 where 0 belong");
    let most = "keys of a stretch: 512 where 18446744073709551615 belong";
    if cfg!(target_pointer_width = "64") {
        check(512, 256, 16, usize::MAX, most);
    }
    let stretch = Stretch { keys: &keys, values: &values, value_width: 16 };
    for (key, value, expected) in [
        (31, 16, "width of a query: 31 where 32 belong"),
        (33, 16, "width of a query: 33 where 32 belong"),
        (32, 32, "width of a value: 16 where 32 belong"),
    ] {
        let (mut first, mut second) = (Query::new(32, 16), Query::new(key, value));
        let refused = Kernels::detect().attend(&stretch, &mut [(&mut first, 0..1), (&mut second, 0..1)]);
        assert_eq!(refusal(refused), expected);
    }
}
